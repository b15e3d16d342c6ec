"""Neutron's L3 agent with hanotify's server in place of its own, for the notifications of its HA routers."""
