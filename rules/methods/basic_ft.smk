use rule finetune as finetune_basic_ft with:
    wildcard_constraints:
        method="basic_ft",
    resources:
        mem_mb=2500,


ruleorder: finetune_basic_ft > finetune
