"""A router of the soak, and all that may happen to it, to the agent and to the monitors."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time

from host import ip

ACTS = []
# The routers' addresses: one family or the other.
CIDRS = ["169.254.0.7/24", "fd00::7/64"]
# What is not the address, though it is like it.
DECOYS = [["169.254.0.7/32", "169.254.0.8/24", "169.254.0.7 peer 169.254.0.9/24"], ["fd00::7/128", "fd00::8/64"]]


class Router:
    def __init__(self, folder, number, is_single):
        self.folder, self.number, self.is_single = folder, number, is_single
        self.id = f"00000000-0000-4000-8000-{number + 1:012}"
        self.space = f"qrouter-soak-{os.getpid()}-{number}"
        self.conf, self.file = folder / f"conf-{number}", folder / "routers" / f"{number}.json"
        self.family, self.is_watched, self.was_removed = number % 2, True, False
        self.cidr = CIDRS[self.family]
        self.decoys = DECOYS[self.family]
        self.conf.mkdir()
        self.make_space()
        self.put()

    def make_space(self):
        ip("netns", "add", self.space)
        self.make_link()

    def make_link(self):
        self.batch("link add ha-0 type veth peer name peer-0", "link set ha-0 up", "link set lo up")

    def batch(self, *lines):
        """What can't be done is left out: an interface may be gone, or an address be there already."""
        command = ["ip", "-force", "-n", self.space, "-batch", "-"]
        subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=False)

    def address(self, act, text=None, interface="ha-0"):
        nodad = " nodad" if self.family and act == "add" else ""
        return f"address {act} {text or self.cidr} dev {interface}{nodad}"

    def spec(self):
        return {"router_id": self.id, "namespace": self.space, "interface": "ha-0", "cidr": self.cidr,
                "conf_dir": str(self.conf)}

    def put(self):
        if self.is_single:
            return
        beside = self.file.with_name(f".{self.file.name}")
        beside.write_text(json.dumps(self.spec()))
        beside.rename(self.file)
        self.is_watched = True

    def options(self):
        spec = self.spec()
        names = {"router_id": "router_id", "namespace": "namespace", "interface": "monitor_interface",
                 "cidr": "monitor_cidr", "conf_dir": "conf_dir"}
        pairs = [(f"--{names[name]}", value) for name, value in spec.items()]
        return [*(word for pair in pairs for word in pair), "--pid_file", self.folder / "pid"]

    def mend(self, is_whole):
        """Puts back what the monitor needs to keep its files; with `is_whole` also what may be gone for good."""
        self.conf.mkdir(exist_ok=True)
        if is_whole:
            if not os.path.exists(f"/run/netns/{self.space}"):
                self.make_space()
            if not self.is_watched:
                self.put()

    def truth(self):
        """The state, as the kernel has it."""
        command = ["ip", "-n", self.space, "-json", "address", "show"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        links = json.loads(done.stdout) if done.returncode == 0 else []
        address, bits = self.cidr.split("/")
        # An address with another end has it under `address`.
        found = [each for link in links if link.get("ifname") == "ha-0" for each in link["addr_info"]
                 if each.get("local") == address and each["prefixlen"] == int(bits) and "address" not in each]
        return "primary" if found else "backup"

    def disagreement(self, accepted):
        """None where kernel, file and agent agree."""
        if not self.is_watched:
            return None
        try:
            file = (self.conf / "state").read_text()
        except OSError as error:
            # A single one's folder that was made anew gets its file at the next event.
            file = accepted.get(self.id) if self.was_removed and self.is_single else str(error)
        all_three = self.truth(), file, accepted.get(self.id)
        if len(set(all_three)) == 1:
            return None
        return f"router {self.number}: the kernel, the file, the agent: {all_three}"

    def close(self):
        ip("netns", "del", self.space, check=False)


def act(weight):
    def mark(function):
        function.weight = weight
        ACTS.append(function)
        return function
    return mark


@act(20)
def change_the_address(soak, router):
    router.batch(router.address(soak.chance.choice(["add", "del"])))


@act(5)
def flap(soak, router):
    router.batch(*[router.address(act) for act in ["add", "del"] * soak.chance.randint(1, 100)])


@act(8)
def change_a_decoy(soak, router):
    interface = soak.chance.choice(["ha-0", "peer-0", "lo"])
    decoy = soak.chance.choice([*router.decoys, router.cidr] if interface != "ha-0" else router.decoys)
    router.batch(router.address(soak.chance.choice(["add", "del"]), decoy, interface))


@act(6)
def rename(soak, router):
    old, new = soak.chance.choice([("ha-0", "other"), ("other", "ha-0"), ("peer-0", "ha-0"), ("ha-0", "peer-0")])
    router.batch(f"link set {old} name {new}")


@act(6)
def remove_or_make_the_interface(soak, router):
    if soak.chance.random() < 0.5:
        router.batch(f"link del {soak.chance.choice(['ha-0', 'other', 'peer-0'])}")
    else:
        router.make_link()


@act(3)
def remove_the_namespace(soak, router):
    ip("netns", "del", router.space, check=False)
    # Another one of its name, at once or after a while, or none for now.
    pause = soak.chance.choice([0, 0.1, None])
    if pause is not None:
        time.sleep(pause)
        router.make_space()


@act(3)
def remove_the_folder(soak, router):
    shutil.rmtree(router.conf, ignore_errors=True)
    router.was_removed = True
    # One that is single has its lock there, which goes with it.
    if router.is_single or soak.chance.random() < 0.5:
        router.conf.mkdir(exist_ok=True)


@act(3)
def remove_or_put_the_file(soak, router):
    if router.is_single:
        return
    if soak.chance.random() < 0.5:
        router.file.unlink(missing_ok=True)
        router.is_watched = False
    else:
        router.put()


@act(6)
def change_how_the_agent_replies(soak, router):
    names = list(soak.replies)
    soak.mode = soak.chance.choices(names, [soak.replies[name][0] for name in names])[0]


@act(3)
def restart_the_agent(soak, router):
    soak.agent.close()
    time.sleep(soak.chance.choice([0, 0.05, 0.5]))
    soak.agent = soak.begin_agent()


@act(3)
def stop_and_continue(soak, router):
    """While its monitor stands still, the router changes its state; now and then behind more events than its queue
    holds."""
    process = soak.processes["one" if router.is_single else "all"]
    process.send_signal(signal.SIGSTOP)
    many = 12_000 if soak.chance.random() < 0.3 else 100
    other = router.decoys[1]
    acts = [router.address(act, other, "lo") for act in ["add", "del"] * many]
    router.batch(*acts, router.address("del" if router.truth() == "primary" else "add"))
    process.send_signal(signal.SIGCONT)


@act(1)
def wait(soak, router):
    time.sleep(soak.chance.random())
