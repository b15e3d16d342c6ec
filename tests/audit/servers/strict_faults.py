"""The faults of strict.py: which there are, and which one is in force."""

# Each with the globs of the ids that are to see it.
FAULTS = {
    "reads-once": "splits/*",
    "acts-on-truncated": "truncated/*",
    "accepts-lf": "line-ending/*",
    "accepts-cr": "line-ending/*",
    "folds-lines": "field-name/*",
    "space-before-colon": "field-name/*",
    "no-colon": "field-name/*",
    "empty-name": "field-name/*",
    "any-name": "field-name/*",
    "underscore-is-dash": "ambiguous-field-name/*",
    "underscore": "ambiguous-field-name/*",
    "strips-controls": "field-value/*",
    "nul": "field-value/*",
    "del": "field-value/*",
    "high-bytes": "field-value/*",
    "cuts-at-nul": "field-value/*",
    "any-method": "method/*",
    "lower-method": "method/*",
    "head-method": "method/*",
    "any-target": "target/*",
    "query": "target/*",
    "absolute-form": "target/*",
    "empty-line-first": "request-line/*",
    "many-spaces": "request-line/*",
    "tabs": "request-line/*",
    "no-version": "request-line/*",
    "lower-version": "request-line/*",
    "http-1-0": "version/*",
    "any-version": "version/*",
    "no-field-limit": "field-too-long/*",
    "field-limit-off-by-one": "field-too-long/*",
    "field-limit-too-small": "accepted-at-the-limit/*",
    "no-count-limit": "too-many-fields/*",
    "count-limit-off-by-one": "too-many-fields/*",
    "count-limit-too-small": "accepted-at-the-limit/*",
    "no-head-limit": "head-too-long/*",
    "host-optional": "missing-field/*",
    "id-optional": "missing-field/*",
    "state-optional": "missing-field/*",
    "first-id-wins": "duplicate-field/*",
    "last-state-wins": "duplicate-field/*",
    "two-hosts": "duplicate-field/*",
    "two-lengths": "duplicate-field/*",
    "empty-host": "host/*",
    "userinfo": "host/*",
    "any-port": "host/*",
    "any-host": "host/*",
    "length-sign": "content-length/*",
    "length-zeros": "content-length/*",
    "length-list": "content-length/*",
    "length-ignored": "body-too-long/*",
    "chunked": "transfer-coding/*",
    "te-beside-length": "smuggling/*",
    "expects": "expectation/*",
    "upgrades": "unsupported-field/*",
    "any-connection": "connection-option/*",
    "upper-id": "router-id/*",
    "braces": "router-id/*",
    "urn": "router-id/*",
    "no-dashes": "router-id/*",
    "nil-id": "router-id/*",
    "id-strips": "router-id/*",
    "id-prefix": "router-id/*",
    "any-id": "router-id/*",
    "upper-state": "state/*",
    "state-prefix": "state/*",
    "any-state": "state/*",
    "legacy": "state/*",
    "no-get": "accepted-*/*",
    "case-sensitive-names": "accepted-fields/*",
    "order-of-fields": "accepted-fields/*",
    "no-ipv6": "accepted-values/*",
    "second-message": "probe/two-messages",
    "silent-refusal": "probe/always-a-reply",
    "lf-reply": "probe/reply-framing-lines-end-in-a-bare-lf",
    "wrong-length": "probe/reply-framing-content-length*",
    "no-close": "probe/reply-framing-it-doesn*",
    "keeps-open": "probe/reply-framing-the-connection*",
    "traceback": "probe/no-traceback",
    "echoes": "probe/echo",
    "answers-before-event": "captures/*",
    "loses-events": "captures/*",
    "doubles-events": "captures/*",
    "swaps-state": "captures/*",
    "open-mode": "probe/socket-mode",
    "leaks": "probe/descriptors",
    "trims-nbsp": "field-value/*",
    "unicode-digits": "content-length/*",
    "percent-decodes": "router-id/*",
    "joins-ids": "duplicate-field/*",
    "last-id-wins": "duplicate-field/*",
    "first-state-wins": "duplicate-field/*",
    "reads-4096-once": "accepted-at-the-limit/*",
    "crashes": "field-value/*",
}

# The fault in force.
fault = ""


def has(*names):
    """Whether one of these is in force."""
    return fault in names


class Refused(Exception):
    def __init__(self, status):
        self.status = status


def refuse(is_wrong, status=400, *faults):
    """Refuses what is wrong, unless one of these faults lets it pass."""
    if is_wrong and not has(*faults):
        raise Refused(status)
