"""Whether the Neutron that is installed is still built as this package takes it to be."""

import importlib
import importlib.metadata
import inspect

KNOWN = ("24.2.2", "29.0.0")
SERVER = "L3AgentKeepalivedStateChangeServer"
START = "_start_keepalived_notifications_server"

# What is called or overridden, with its parameters.
SIGNATURES = {
    "neutron.agent.l3_agent:main": "manager",
    f"neutron.agent.l3.ha:AgentMixin.{START}": "self",
    "neutron.agent.l3.ha:AgentMixin.enqueue_state_change": "self router_id state",
    f"neutron.agent.l3.ha:{SERVER}.get_keepalived_state_change_socket_path": "conf",
    "neutron.agent.l3.agent:L3NATAgentWithStateReport.__init__": "self host conf",
    "neutron.agent.l3.agent:L3NATAgentWithStateReport.fetch_and_sync_all_routers": "self context ns_manager",
    "neutron.agent.l3.agent:L3NATAgentWithStateReport.stop": "self",
    "neutron.agent.l3.namespace_manager:NamespaceManager.keep_router": "self router_id",
}

# What a function has to name: that it does so is why overriding it, or hearing of it, has the effect that it has.
NAMES = {
    "neutron.agent.l3_agent:main": "register_opts setup_logging create launch",
    f"neutron.agent.l3.ha:AgentMixin.{START}": SERVER,
    "neutron.agent.l3.agent:L3NATAgent.fetch_and_sync_all_routers": "keep_router fullsync",
    "neutron.agent.l3.agent:L3NATAgent.periodic_sync_routers_task": "fetch_and_sync_all_routers",
    "neutron.agent.l3.agent:L3NATAgent._process_added_router": "AFTER_CREATE publish",
    "neutron.service:Service.stop": "manager stop",
}


# The same for the setting `monitor_folder`.
ROUTER = "neutron.agent.l3.ha_router:HaRouter"
MONITOR_SIGNATURES = {
    "neutron.agent.l3.agent:L3NATAgentWithStateReport._register_router_cls": "self factory",
    "neutron.agent.l3.agent:RouterFactory.register": "self features router_cls",
    f"{ROUTER}.spawn_state_change_monitor": "self process_monitor",
    f"{ROUTER}.destroy_state_change_monitor": "self process_monitor",
    f"{ROUTER}.process": "self",
    f"{ROUTER}._get_state_change_monitor_process_manager": "self",
    f"{ROUTER}._get_state_change_monitor_callback": "self",
}
MONITOR_NAMES = {
    "neutron.agent.l3.agent:RouterFactory.register": "_routers",
    "neutron.agent.l3.agent:RouterFactory.create": "_routers",
    "neutron.agent.l3.agent:L3NATAgent.__init__": "_register_router_cls",
    "neutron.agent.l3.agent:L3NATAgent._process_updated_router": "process",
    f"{ROUTER}.initialize": "spawn_state_change_monitor",
    f"{ROUTER}.delete": "destroy_state_change_monitor",
    f"{ROUTER}._get_state_change_monitor_process_manager": "_get_state_change_monitor_callback",
    f"{ROUTER}._get_state_change_monitor_callback": "STATE_CHANGE_PROC_NAME",
}
# All that may ask for the process of a monitor. The last looks for one of an older release, and finds none.
MONITOR_USERS = {
    "spawn_state_change_monitor", "destroy_state_change_monitor", "_check_legacy_state_change_processes",
}


def differences():
    """What is other than it is taken to be, in words."""
    return [*signatures(SIGNATURES), *names(NAMES), *starts()]


def of_monitor():
    """The same, of what starts and ends the monitors of routers."""
    return [*signatures(MONITOR_SIGNATURES), *names(MONITOR_NAMES), *monitor_users()]


def refusal(found, what="put its server in place of Neutron's"):
    """Why the agent does not start, and what to do."""
    version = importlib.metadata.version("neutron")
    lines = [f"neutron-l3-agent-hanotify: Neutron {version} is not built as this package expects, so it can't {what}:"]
    lines += [f"  - {difference}" for difference in found]
    lines += [f"Known are {' and '.join(KNOWN)}. Let ExecStart name neutron-l3-agent again, or install a newer "
              "hanotify-neutron."]
    return "\n".join(lines)


def signatures(all_expected):
    for where, expected in all_expected.items():
        function = find(where)
        if function is None:
            yield f"{where} is gone"
            continue
        got = " ".join(inspect.signature(function).parameters)
        if got != expected:
            yield f"{where} takes ({got}) and not ({expected})"


def names(all_expected):
    for where, expected in all_expected.items():
        function = find(where)
        if function is None:
            yield f"{where} is gone"
            continue
        missing = set(expected.split()) - named_by(function)
        if missing:
            yield f"{where} does not name {', '.join(sorted(missing))}"


def starts():
    """The server is started by the method that is overridden, once, and by nothing else."""
    from neutron.agent.l3 import agent, ha

    bases = [base for base in agent.L3NATAgentWithStateReport.__mro__ if base.__module__.startswith("neutron.")]
    callers = [name for base in bases for name, value in vars(base).items()
               if inspect.isfunction(value) and START in named_by(value)]
    if callers not in (["__init__"], ["init_host"]):
        yield f"{START} is called by {', '.join(callers) or 'nothing'}, and not by __init__ or init_host alone"
    makers = [f"{base.__name__}.{name}" for base in {*bases, *classes(ha)} for name, value in vars(base).items()
              if inspect.isfunction(value) and SERVER in named_by(value)]
    if makers != [f"AgentMixin.{START}"]:
        yield f"{SERVER} is made by {', '.join(sorted(makers)) or 'nothing'}, and not by {START} alone"


def monitor_users():
    """The process of a monitor is made by what is overridden, and by nothing else that would start one."""
    from neutron.agent.l3 import agent, dvr_edge_ha_router, ha_router

    name = "_get_state_change_monitor_process_manager"
    found = {each for module in (agent, ha_router, dvr_edge_ha_router) for made in classes(module)
             for each, value in vars(made).items() if inspect.isfunction(value) and name in named_by(value)}
    if others := found - MONITOR_USERS:
        yield f"{name} is called by {', '.join(sorted(others))} too"


def classes(module):
    return [value for value in vars(module).values() if inspect.isclass(value) and value.__module__ == module.__name__]


def find(where):
    """The function at `module:name.name`, or None."""
    module, _, path = where.partition(":")
    try:
        found = importlib.import_module(module)
    except ImportError:
        return None
    for name in path.split("."):
        found = getattr(found, name, None)
    return found


def named_by(function):
    """The names that its code uses, that of what it defines within included."""
    names, codes = set(), [getattr(inspect.unwrap(function), "__code__", None)]
    while codes:
        code = codes.pop()
        if code is None:
            continue
        names.update(code.co_names)
        codes += [constant for constant in code.co_consts if inspect.iscode(constant)]
    return names
