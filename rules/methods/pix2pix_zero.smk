use rule edit as edit_pix2pix_zero with:
    wildcard_constraints:
        edit_method="pix2pix_zero",
    resources:
        **asked("edit_pix2pix_zero", "edit"),


ruleorder: edit_pix2pix_zero > edit
