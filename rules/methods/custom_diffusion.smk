use rule finetune as finetune_custom_diffusion with:
    wildcard_constraints:
        method="custom_diffusion",
    resources:
        mem_mb=2500,


ruleorder: finetune_custom_diffusion > finetune
