c = get_config()  # noqa: F821
c.Execute.timeout = 600
