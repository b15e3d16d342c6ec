"""What is kept until the agent has its routers, and in which order it is handed on."""

import logging
import threading

import pytest
from hanotify_agent import Busy
from hanotify_neutron.keeper import Keeper


@pytest.fixture
def told():
    return []


@pytest.fixture
def keeper(told):
    return Keeper(lambda router_id, state: told.append((router_id, state)), room=3)


def test_the_latest_of_each_router_is_handed_on_when_the_router_is_there(keeper, told):
    for state in ("primary", "backup", "fault"):
        keeper.notify("a", state)
    keeper.notify("b", "primary")
    assert told == [] and keeper.kept == 2 and keeper.kept_total == 4
    keeper.router_is_there("a")
    assert told == [("a", "fault")]
    keeper.notify("a", "primary")
    assert told == [("a", "fault"), ("a", "primary")] and keeper.kept == 1


def test_one_that_is_to_come_is_waited_for_and_others_are_the_agents_to_judge(keeper, told):
    keeper.router_is_there("early")
    keeper.notify("late", "backup")
    keeper.notify("stranger", "primary")
    keeper.routers_are_known(["early", "late"])
    assert told == [("stranger", "primary")]
    keeper.notify("late", "primary")
    keeper.notify("other stranger", "backup")
    keeper.notify("early", "backup")
    assert told[1:] == [("other stranger", "backup"), ("early", "backup")]
    keeper.router_is_there("late")
    assert told[3:] == [("late", "primary")]
    keeper.notify("late", "fault")
    assert told[4:] == [("late", "fault")]


def test_a_later_look_up_changes_nothing(keeper, told):
    keeper.routers_are_known([])
    keeper.routers_are_known(["a"])
    keeper.notify("a", "backup")
    assert told == [("a", "backup")]


def test_there_is_room_for_so_many_routers_and_no_more(keeper, told):
    for router_id in "abc":
        keeper.notify(router_id, "primary")
    with pytest.raises(Busy):
        keeper.notify("d", "primary")
    keeper.notify("a", "backup")
    keeper.routers_are_known([])
    assert told == [("b", "primary"), ("c", "primary"), ("a", "backup")]


def test_an_agent_that_fails_with_one_gets_the_others(caplog):
    told = []

    def hand_on(router_id, state):
        if router_id == "a":
            raise KeyError(router_id)
        told.append(router_id)

    keeper = Keeper(hand_on, room=3)
    for router_id in "abc":
        keeper.notify(router_id, "primary")
    keeper.routers_are_known([])
    assert told == ["b", "c"]
    assert "failed with the kept state primary of router a" in caplog.text
    with pytest.raises(KeyError):
        keeper.notify("a", "backup")


def test_what_is_lost_at_the_end_is_said(keeper, caplog):
    keeper.notify("a", "primary")
    with caplog.at_level(logging.WARNING):
        keeper.close()
    assert "before it has router a, and was not told that it is primary" in caplog.text and keeper.kept == 0


def test_a_state_that_comes_while_a_kept_one_is_handed_on_comes_behind_it():
    told, handing_on, go_on = [], threading.Event(), threading.Event()

    def hand_on(router_id, state):
        if state == "primary":
            handing_on.set()
            assert go_on.wait(10)
        told.append(state)

    keeper = Keeper(hand_on, room=3)
    keeper.notify("a", "primary")
    threads = [threading.Thread(target=keeper.router_is_there, args=("a",))]
    threads[0].start()
    assert handing_on.wait(10)
    threads.append(threading.Thread(target=keeper.notify, args=("a", "backup")))
    threads[1].start()
    threads[1].join(0.1)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert told == ["primary", "backup"]
