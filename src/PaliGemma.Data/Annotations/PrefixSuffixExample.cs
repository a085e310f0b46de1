using System.Text;

namespace PaliGemma.Data.Annotations;

/// <summary>One line of PaliGemma's training data, as big_vision and Roboflow have it in JSONL.</summary>
/// <param name="Image">The picture's file.</param>
/// <param name="Prefix">The prompt.</param>
/// <param name="Suffix">The answer that the model is to give.</param>
public sealed record PrefixSuffixExample(string Image, string Prefix, string Suffix)
{
    /// <summary>The line as a JSON object, without its end.</summary>
    public string ToJson() => Encoding.UTF8.GetString(JsonText.Of(JsonText.Compact, json =>
    {
        json.WriteStartObject();
        json.WriteString("image", Image);
        json.WriteString("prefix", Prefix);
        json.WriteString("suffix", Suffix);
        json.WriteEndObject();
    }));
}
