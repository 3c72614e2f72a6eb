"""The API's reference, made from the code: docs/openapi.json, api.html, websocket.md and who-may.md."""
