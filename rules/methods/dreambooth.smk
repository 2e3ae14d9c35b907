use rule finetune as finetune_dreambooth with:
    wildcard_constraints:
        method="dreambooth",
    resources:
        **asked("finetune_dreambooth", "finetune"),


ruleorder: finetune_dreambooth > finetune
