use rule finetune as finetune_dreambooth with:
    wildcard_constraints:
        method="dreambooth",
    resources:
        mem_mb=2500,


ruleorder: finetune_dreambooth > finetune
