use rule edit as edit_instruct_pix2pix with:
    wildcard_constraints:
        edit_method="instruct_pix2pix",
    resources:
        **asked("edit_instruct_pix2pix", "edit"),


ruleorder: edit_instruct_pix2pix > edit


use rule edit_train as edit_train_instruct_pix2pix with:
    wildcard_constraints:
        edit_method="instruct_pix2pix",
    resources:
        **asked("edit_train_instruct_pix2pix", "edit_train"),


ruleorder: edit_train_instruct_pix2pix > edit_train
