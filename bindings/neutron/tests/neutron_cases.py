"""The tests in a suite of Neutron's."""

import unittest


def cases(suite):
    for each in suite:
        if isinstance(each, unittest.TestSuite):
            yield from cases(each)
        else:
            yield each
