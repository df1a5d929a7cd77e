#!/usr/bin/env bash
# What is known against the packages that uv.lock pins, those for development included: asked of osv.dev by uv, the first
# argument. AUDIT_URL names another service that speaks OSV's protocol.
# Ends with 0 if nothing is known, 1 if something is, 3 if nobody could be asked: that is no good news.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

status=0
"$1" audit --frozen --preview-features audit-command ${AUDIT_URL:+--service-url "$AUDIT_URL"} || status=$?
case $status in
  0) echo "audit: passed, nothing is known against what uv.lock pins" ;;
  1) echo "audit: FAILED, something is known against what uv.lock pins (above)" >&2; exit 1 ;;
  *) echo "audit: NOT DONE, the advisories could not be had (above): nothing is known of what uv.lock pins" >&2; exit 3 ;;
esac
