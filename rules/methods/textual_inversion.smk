use rule finetune as finetune_textual_inversion with:
    wildcard_constraints:
        method="textual_inversion",
    resources:
        mem_mb=2500,


ruleorder: finetune_textual_inversion > finetune
