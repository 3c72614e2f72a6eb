"""PUT /practice/settings: change how the caller practises."""

from unplugd import wiring
from unplugd.edge import http
from unplugd.practice import rules, service


@http.handler
def handler(request: http.Request) -> http.Response:
    fields = request.fields()
    readers = {name: reader for name, reader in rules.SETTINGS.items() if fields.has(name)}
    changes = {field: read(fields.as_sent(name)) for name, (field, read) in readers.items()}
    fields.done()
    settings = service.put_practice_settings(changes, owner=request.user_id, practice=wiring.practice())
    return http.ok(settings)
