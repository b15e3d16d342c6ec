"""The settings in the group `[hanotify]`: those of `hanotify_agent.Server` by their names there, and a few more."""

import grp
import os
import pwd

from hanotify_agent import Limits
from oslo_config import cfg, types

GROUP = cfg.OptGroup(
    "hanotify",
    title="The server for state-change notifications",
    help="The strict server of hanotify-neutron, in place of Neutron's own. docs/operating.md of hanotify has the "
    "reason for each default.",
)


class Octal(types.ConfigType):
    """Permission bits."""

    def __init__(self):
        super().__init__(type_name="octal number")

    def __call__(self, value):
        mode = value if isinstance(value, int) else int(value, 8)
        if not 0 <= mode <= 0o777:
            raise ValueError(f"{value} is no permission: an octal number up to 777")
        return mode

    def _formatter(self, value):
        return f"{value:04o}"

    def __repr__(self):
        return "Octal"

    def __eq__(self, other):
        return isinstance(other, type(self))


class Folder(types.ConfigType):
    """An absolute path: the monitor does not know the folder that the agent was started in."""

    def __init__(self):
        super().__init__(type_name="absolute path")

    def __call__(self, value):
        if not os.path.isabs(value):
            raise ValueError(f"{value} is no absolute path")
        return value

    def _formatter(self, value):
        return value

    def __repr__(self):
        return "Folder"

    def __eq__(self, other):
        return isinstance(other, type(self))


class Id(types.ConfigType):
    """A user or a group, by its name or its number."""

    def __init__(self, kind, find):
        super().__init__(type_name=f"name or number of a {kind}")
        self.kind, self.find = kind, find

    def __call__(self, value):
        value = str(value)
        if value.isdecimal():
            return int(value)
        try:
            return self.find(value)
        except KeyError:
            raise ValueError(f"there is no {self.kind} {value!r}") from None

    def _formatter(self, value):
        return str(value)

    def __repr__(self):
        return f"Id({self.kind})"

    def __eq__(self, other):
        return isinstance(other, type(self)) and self.kind == other.kind


USER = Id("user", lambda name: pwd.getpwnam(name).pw_uid)
ACCOUNT_GROUP = Id("group", lambda name: grp.getgrnam(name).gr_gid)


def bytes_at_most(name, default, what):
    return cfg.IntOpt(name, default=default, min=0, help=f"The longest {what}, in bytes.")


LIMITS = [
    bytes_at_most("request_line", 64, "request line"),
    cfg.IntOpt("fields", default=32, min=0, help="How many fields a message may have."),
    bytes_at_most("field_line", 1_024, "line of a field"),
    bytes_at_most("head", 8_192, "head of a message"),
    bytes_at_most("body", 0, "body that is read and ignored"),
    cfg.BoolOpt("legacy_state", default=False, help="Whether the word `master` of old senders means `primary`."),
]

SERVER = [
    cfg.Opt(
        "mode",
        type=Octal(),
        default=0o600,
        help="Permission bits of the socket, octal. To connect takes the permission to write.",
    ),
    cfg.Opt(
        "group",
        type=ACCOUNT_GROUP,
        help="The group that the socket is given, for senders of another user: together with mode 0660. By default it "
        "has the group of new files.",
    ),
    cfg.BoolOpt(
        "default_uids",
        default=True,
        help="Whether root and the agent's own user may send. Neutron's monitors run as one of the two: as root since "
        "they are shell scripts, as the agent's user before.",
    ),
    cfg.ListOpt("allowed_uids", item_type=USER, default=[], help="Users that may send besides."),
    cfg.ListOpt("allowed_gids", item_type=ACCOUNT_GROUP, default=[], help="Groups whose processes may send besides."),
    cfg.IntOpt(
        "expected_routers",
        default=4_096,
        min=1,
        help="How many routers may report at the same moment: the backlog. net.core.somaxconn cuts it.",
    ),
    cfg.IntOpt("connections", default=4_096, min=1, help="Connections held at once."),
    cfg.IntOpt("connections_per_uid", min=1, help="Connections of one user held at once. By default as all together."),
    cfg.IntOpt("lingering", default=256, min=0, help="Connections that were refused and still read their answer."),
    cfg.FloatOpt("total_time", default=10, min=0, help="Seconds from the connection to the whole message."),
    cfg.FloatOpt("drain_time", default=2, min=0, help="Seconds for the answer and what follows the message."),
    cfg.IntOpt("drain_bytes", default=65_536, min=0, help="Bytes read after the message, so that its end is no reset."),
    cfg.FloatOpt("stop_grace", default=1, min=0, help="Seconds for messages under way when the agent is stopped."),
    cfg.IntOpt("log_lines", default=10, min=0, help="Refusals logged, for each user and window. All are counted."),
    cfg.FloatOpt("log_window", default=10, min=0, help="Seconds of a window."),
]

OWN = [
    cfg.IntOpt(
        "kept_routers",
        default=4_096,
        min=1,
        help="How many routers' latest states are kept until the agent has them, after its start. A sender that finds "
        "no room gets 503.",
    ),
    cfg.PortOpt("metrics_port", help="The port where Prometheus finds the counters. By default there is none."),
    cfg.HostAddressOpt("metrics_address", default="127.0.0.1", help="The address of that port."),
    cfg.Opt(
        "monitor_folder",
        type=Folder(),
        help="The folder in which `hanotify monitor --all` finds the routers: a file for each is put there, and no "
        "process started. By default the agent starts a monitor for each router.",
    ),
]


def list_opts():
    """For oslo-config-generator."""
    return [(GROUP, SERVER + LIMITS + OWN)]


def register(conf=cfg.CONF):
    conf.register_opts(SERVER + LIMITS + OWN, group=GROUP)


def server_settings(conf):
    """The arguments for `hanotify_agent.Server`. Raises a `ConfigFileValueError` where one makes no sense."""
    settings = {opt.name: conf.hanotify[opt.name] for opt in SERVER}
    settings["limits"] = Limits(**{opt.name: conf.hanotify[opt.name] for opt in LIMITS})
    return settings
