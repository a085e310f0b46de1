using System.Text.Json;
using PaliGemma.Tokenization;

namespace PaliGemma.Tests.Tokenization;

/// <summary>Model E's tokenizer from both of its files, and the cases of the goldens.</summary>
internal static class GoldenTokenizers
{
    public static PaliGemmaTokenizer Json { get; } = PaliGemmaTokenizer.FromJson(Goldens.Path("models", "E", "tokenizer.json"));

    public static PaliGemmaTokenizer Model { get; } = PaliGemmaTokenizer.FromModel(Goldens.Path("models", "E", "tokenizer.model"));

    public static PaliGemmaTokenizer Of(string file) => file == "tokenizer.json" ? Json : Model;

    public static JsonDocument Cases(string file) => JsonDocument.Parse(File.ReadAllBytes(Goldens.Path("expected", "processor", file)));

    public static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt32())];
}
