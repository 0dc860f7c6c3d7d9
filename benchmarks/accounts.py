"""Names and secrets that the servers under test and the stand-in for the providers share. None is anybody's."""

from __future__ import annotations

ACCOUNT_SID = "AC" + "b" * 32
AUTH_TOKEN = "carrier-token-of-the-benchmark"
FROM_NUMBER = "+12025550199"
TO_NUMBER = "+12025550100"
API_KEY = "sk-benchmark"
PROJECT_ID = "proj_benchmark"
WEBHOOK_SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
PROGRAM_TOKEN = "program-token-of-the-benchmark"
