"""What can go wrong: with the orders, the VO, a payload's files; and that the pilot was told to end."""


class OrdersProblem(Exception):
    """The orders make no sense."""


class VoProblem(Exception):
    """The VO gives no answer, or one that makes no sense."""


class Late(VoProblem):
    """The VO has not answered by when it had to."""


class SandboxProblem(Exception):
    """A payload's files cannot be laid out."""


class Ended(Exception):
    """The pilot was told to end."""
