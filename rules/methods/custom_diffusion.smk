use rule finetune as finetune_custom_diffusion with:
    wildcard_constraints:
        method="custom_diffusion",
    resources:
        **asked("finetune_custom_diffusion", "finetune"),


ruleorder: finetune_custom_diffusion > finetune
