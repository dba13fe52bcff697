"""Who may do what: the matrix of roles and deeds, as data. Which cases a deed reaches is in `sight.py`."""

from enum import StrEnum

from ticketing.people.roles import Role


class Deed(StrEnum):
    """Something a signed-in person may ask of the hotline."""

    ANSWER_CALLS = "answer_calls"
    READ_CASES = "read_cases"
    UNMASK = "unmask"
    ENTER = "enter"
    SOLVE = "solve"
    DELIVER = "deliver"
    SEND_TO_DISPATCHER = "send_to_dispatcher"
    FORWARD = "forward"
    CONSULT = "consult"
    RETURN = "return"
    REFER = "refer"
    CONFIRM = "confirm"
    CLOSE = "close"
    FOLLOW_UP = "follow_up"
    WAIT_FOR_CITIZEN = "wait_for_citizen"
    TAKE_OVER = "take_over"
    MERGE = "merge"
    TELL_CITIZEN = "tell_citizen"
    CALL_BACK = "call_back"
    SET_SHARE = "set_share"
    READ_BOARD = "read_board"
    LINK_CAUSE = "link_cause"
    RUN_CAUSES = "run_causes"
    ENTER_PAPER = "enter_paper"
    READ_NOTICES = "read_notices"
    READ_PROCEDURE = "read_procedure"
    READ_FAQ = "read_faq"
    SUGGEST_FAQ = "suggest_faq"
    EDIT_FAQ = "edit_faq"
    PUBLISH_FAQ = "publish_faq"
    READ_FAQ_GAPS = "read_faq_gaps"
    MANAGE_USERS = "manage_users"
    READ_AUDIT = "read_audit"


class Reach(StrEnum):
    """Which cases a deed reaches."""

    OWN = "own"
    """Those the agent took, and those their queue has in common."""
    QUEUE = "queue"
    """Those of the agent's queue, whoever took them."""
    ROUTED = "routed"
    """Those that went to the dispatchers."""
    UNIT = "unit"
    """Those with the official's own unit, or with somebody they stand in for."""
    ALL = "all"


_AGENT, _DISPATCHER, _OFFICIAL = Role.AGENT, Role.DISPATCHER, Role.OFFICIAL
_SUPERVISOR, _ANALYST, _ADMIN = Role.SUPERVISOR, Role.ANALYST, Role.ADMIN

MATRIX: dict[Deed, dict[Role, Reach]] = {
    Deed.ANSWER_CALLS: {_AGENT: Reach.OWN, _SUPERVISOR: Reach.ALL},
    Deed.READ_CASES: {
        _AGENT: Reach.QUEUE, _DISPATCHER: Reach.ROUTED, _OFFICIAL: Reach.UNIT, _SUPERVISOR: Reach.ALL,
    },
    # An agent only while they talk to that citizen, or just after (`sight.py`).
    Deed.UNMASK: {_AGENT: Reach.OWN, _OFFICIAL: Reach.UNIT, _SUPERVISOR: Reach.ALL},
    Deed.ENTER: {_AGENT: Reach.OWN, _SUPERVISOR: Reach.ALL},
    Deed.SOLVE: {_AGENT: Reach.OWN, _OFFICIAL: Reach.UNIT, _SUPERVISOR: Reach.ALL},
    Deed.DELIVER: {
        _AGENT: Reach.OWN, _DISPATCHER: Reach.ROUTED, _OFFICIAL: Reach.UNIT, _SUPERVISOR: Reach.ALL,
    },
    Deed.SEND_TO_DISPATCHER: {_AGENT: Reach.OWN, _SUPERVISOR: Reach.ALL},
    Deed.FORWARD: {_DISPATCHER: Reach.ROUTED, _SUPERVISOR: Reach.ALL},
    Deed.CONSULT: {_OFFICIAL: Reach.UNIT},
    Deed.RETURN: {_DISPATCHER: Reach.ROUTED, _OFFICIAL: Reach.UNIT, _SUPERVISOR: Reach.ALL},
    Deed.REFER: {_DISPATCHER: Reach.ROUTED, _SUPERVISOR: Reach.ALL},
    Deed.CONFIRM: {_AGENT: Reach.OWN, _OFFICIAL: Reach.UNIT, _SUPERVISOR: Reach.ALL},
    Deed.CLOSE: {_AGENT: Reach.OWN, _SUPERVISOR: Reach.ALL},
    Deed.FOLLOW_UP: {
        _AGENT: Reach.OWN, _DISPATCHER: Reach.ROUTED, _OFFICIAL: Reach.UNIT, _SUPERVISOR: Reach.ALL,
    },
    Deed.WAIT_FOR_CITIZEN: {_DISPATCHER: Reach.ROUTED, _OFFICIAL: Reach.UNIT, _SUPERVISOR: Reach.ALL},
    Deed.TAKE_OVER: {_SUPERVISOR: Reach.ALL},
    Deed.MERGE: {_AGENT: Reach.OWN, _DISPATCHER: Reach.ROUTED, _SUPERVISOR: Reach.ALL},
    Deed.TELL_CITIZEN: {_AGENT: Reach.QUEUE, _SUPERVISOR: Reach.ALL},
    # By the order of the list, not by whose call it was: whoever is free calls whoever has waited longest.
    Deed.CALL_BACK: {_AGENT: Reach.QUEUE, _SUPERVISOR: Reach.ALL},
    Deed.SET_SHARE: {_SUPERVISOR: Reach.ALL},
    Deed.READ_BOARD: dict.fromkeys((_AGENT, _SUPERVISOR, _ANALYST), Reach.ALL),
    Deed.LINK_CAUSE: {_AGENT: Reach.QUEUE, _DISPATCHER: Reach.ROUTED, _SUPERVISOR: Reach.ALL},
    Deed.RUN_CAUSES: {_SUPERVISOR: Reach.ALL},
    Deed.ENTER_PAPER: {_AGENT: Reach.ALL, _SUPERVISOR: Reach.ALL},
    Deed.READ_NOTICES: {
        _AGENT: Reach.OWN, _DISPATCHER: Reach.ROUTED, _OFFICIAL: Reach.UNIT, _SUPERVISOR: Reach.ALL,
    },
    Deed.READ_PROCEDURE: dict.fromkeys(Role, Reach.ALL),
    Deed.READ_FAQ: dict.fromkeys((_AGENT, _DISPATCHER, _OFFICIAL, _SUPERVISOR, _ANALYST), Reach.ALL),
    Deed.SUGGEST_FAQ: dict.fromkeys((_AGENT, _OFFICIAL, _SUPERVISOR, _ANALYST), Reach.ALL),
    Deed.EDIT_FAQ: dict.fromkeys((_SUPERVISOR, _ANALYST), Reach.ALL),
    Deed.PUBLISH_FAQ: {_SUPERVISOR: Reach.ALL},
    Deed.READ_FAQ_GAPS: dict.fromkeys((_SUPERVISOR, _ANALYST), Reach.ALL),
    Deed.MANAGE_USERS: {_ADMIN: Reach.ALL},
    Deed.READ_AUDIT: dict.fromkeys((_SUPERVISOR, _ADMIN), Reach.ALL),
}  # fmt: skip
"""Nobody may do what does not stand here. Admins and analysts read no case."""


def may(role: Role, deed: Deed) -> bool:
    """Whether the role may do that at all."""
    return role in MATRIX[deed]
