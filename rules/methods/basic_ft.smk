use rule finetune as finetune_basic_ft with:
    wildcard_constraints:
        method="basic_ft",
    resources:
        **asked("finetune_basic_ft", "finetune"),


ruleorder: finetune_basic_ft > finetune
