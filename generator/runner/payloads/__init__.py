"""What GitHub tells a run about the event that started it.

docs.github.com, "Webhook events and payloads": held to npm `@octokit/webhooks-schemas` and
`@octokit/openapi-webhooks` by `tests/unit/generator/runner/payloads`.
"""
