#:property PublishAot=false
// Makes PaliGemma's tokenizer.json of Gemma's, as published: 1,024 location and 128 segmentation pieces follow the last piece of
// the vocabulary, and <image> follows them as an added token only. Everything else stays as it is; so does piece 226, the byte
// <0x09>, which published files spell as a tab: their merges of tabs refer to it by that name.
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

if (args is not [string source, string target])
{
    Console.Error.WriteLine("usage: dotnet run scripts/MakeVocabulary.cs -- GEMMA_TOKENIZER_JSON OUTPUT");
    return 1;
}
JsonNode tokenizer = JsonNode.Parse(File.ReadAllBytes(source))!;
JsonObject vocabulary = tokenizer["model"]!["vocab"]!.AsObject();
JsonArray added = tokenizer["added_tokens"]!.AsArray();

string[] pieces =
[
    .. Enumerable.Range(0, 1024).Select(i => $"<loc{i:D4}>"),
    .. Enumerable.Range(0, 128).Select(i => $"<seg{i:D3}>"),
];
foreach (string piece in pieces)
{
    added.Add(AddedToken(vocabulary.Count, piece, special: false));
    vocabulary.Add(piece, vocabulary.Count);
}
added.Add(AddedToken(vocabulary.Count, "<image>", special: true));

using FileStream output = File.Create(target);
using Utf8JsonWriter writer = new(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
tokenizer.WriteTo(writer);
return 0;

static JsonNode AddedToken(int id, string content, bool special) => new JsonObject
{
    ["id"] = id,
    ["content"] = content,
    ["single_word"] = false,
    ["lstrip"] = false,
    ["rstrip"] = false,
    ["normalized"] = false,
    ["special"] = special,
};
