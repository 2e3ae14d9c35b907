"""What a job asks of a machine: GPUs, memory, minutes and threads, from the config's `resources`."""


def resources(config: dict, names) -> dict:
    """gpu, mem_mb, runtime (minutes) and threads of a rule.

    Each comes from the first of the rule's names that sets it, else from `default`.
    """
    needs = {"gpu": 0, "mem_mb": 2500, "runtime": 30, "threads": 1}
    for name in ["default", *reversed(names)]:
        needs |= config["resources"].get(name, {})
    return needs


def grown(amount: int, attempt: int, most: int | None) -> int:
    """What attempt 1, 2, ... asks for: twice as much each time, up to `most`, never less than at first.

    most: what a partition grants.
    """
    doubled = amount * 2 ** (attempt - 1)
    return doubled if most is None else max(amount, min(doubled, most))
