use rule finetune as finetune_textual_inversion with:
    wildcard_constraints:
        method="textual_inversion",
    resources:
        **asked("finetune_textual_inversion", "finetune"),


ruleorder: finetune_textual_inversion > finetune
