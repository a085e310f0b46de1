using System.Text.Json;

namespace PaliGemma.Configuration;

/// <summary>Reads the fields of one JSON object; what is wrong is reported with the file's and the field's name.</summary>
/// <param name="Object">The object.</param>
/// <param name="File">The file it stands in.</param>
/// <param name="Prefix">The path of the object inside the file, with a trailing dot, or empty.</param>
internal readonly record struct JsonFields(JsonElement Object, string File, string Prefix = "")
{
    /// <summary>A whole number in [<paramref name="minimum"/>, <paramref name="maximum"/>]; null or absent gives <paramref name="fallback"/>.</summary>
    public int Integer(string name, int minimum, int maximum, int? fallback)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return fallback ?? throw Wrong(name, "is missing", $"expected a whole number from {minimum} to {maximum}");
        }
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= minimum && number <= maximum
            ? number
            : throw Wrong(name, $"is {Shown(value)}", $"expected a whole number from {minimum} to {maximum}");
    }

    /// <summary>A whole number of 64 bits that must be there.</summary>
    public long Identifier(string name) =>
        TryGet(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number)
            ? number
            : throw Unexpected(name, "a whole number");

    /// <summary>A finite number above zero; absent gives <paramref name="fallback"/>.</summary>
    public float Positive(string name, float fallback)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return fallback;
        }
        return value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float number) && number > 0 && float.IsFinite(number)
            ? number
            : throw Wrong(name, $"is {Shown(value)}", "expected a number above 0");
    }

    /// <summary>A finite number above zero; null gives 0, and absence <paramref name="fallback"/>.</summary>
    public float PositiveOrNull(string name, float fallback) =>
        Object.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Null ? 0 : Positive(name, fallback);

    /// <summary>A string; null or absent gives null.</summary>
    public string? Text(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(name, $"is {Shown(value)}", "expected a string");
    }

    /// <summary>A string that must be there.</summary>
    public string RequiredText(string name) => Text(name) ?? throw Unexpected(name, "a string");

    /// <summary>A string that must be there, or a number as it is written.</summary>
    public string Name(string name) => TryGet(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number
        ? value.GetRawText()
        : Text(name) ?? throw Unexpected(name, "a string or a number");

    /// <summary>A list of strings that must be there.</summary>
    public string[] Texts(string name) =>
        TryGet(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array
        && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. list.EnumerateArray().Select(item => item.GetString()!)]
            : throw Unexpected(name, "a list of strings");

    /// <summary>true or false; null or absent gives <paramref name="fallback"/>.</summary>
    public bool Flag(string name, bool fallback)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return fallback;
        }
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw Wrong(name, $"is {Shown(value)}", "expected true or false");
    }

    /// <summary>An object inside this one; null where it is absent.</summary>
    public JsonFields? Child(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }
        return value.ValueKind == JsonValueKind.Object
            ? new JsonFields(value, File, $"{Prefix}{name}.")
            : throw Wrong(name, $"is {Shown(value)}", "expected an object");
    }

    /// <summary>The objects of a list that must be there.</summary>
    public IEnumerable<JsonFields> Items(string name)
    {
        if (!TryGet(name, out JsonElement list) || list.ValueKind != JsonValueKind.Array)
        {
            throw Unexpected(name, "a list of objects");
        }
        int index = 0;
        foreach (JsonElement item in list.EnumerateArray())
        {
            string place = $"{name}[{index++}]";
            yield return item.ValueKind == JsonValueKind.Object
                ? new JsonFields(item, File, $"{Prefix}{place}.")
                : throw Wrong(place, $"is {Shown(item)}", "expected an object");
        }
    }

    /// <summary>The finite numbers of a list.</summary>
    /// <param name="name">The place of the list, for errors.</param>
    /// <param name="list">The list.</param>
    public float[] Numbers(string name, JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw Wrong(name, $"is {Shown(list)}", "expected a list of numbers");
        }
        float[] numbers = new float[list.GetArrayLength()];
        int index = 0;
        foreach (JsonElement item in list.EnumerateArray())
        {
            numbers[index] = item.ValueKind == JsonValueKind.Number && item.TryGetSingle(out float number) && float.IsFinite(number)
                ? number
                : throw Wrong($"{name}[{index}]", $"is {Shown(item)}", "expected a number");
            index++;
        }
        return numbers;
    }

    /// <summary>The value of a field, whatever it is; false where it is null or absent.</summary>
    public bool TryGet(string name, out JsonElement value) =>
        Object.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>The field is absent, or not what was expected.</summary>
    public ModelFileException Unexpected(string name, string expected) =>
        Wrong(name, TryGet(name, out JsonElement value) ? $"is {Shown(value)}" : "is missing", $"expected {expected}");

    public ModelFileException Wrong(string name, string found, string expected) => new($"{File}: {Prefix}{name} {found}; {expected}.");

    private static string Shown(JsonElement value)
    {
        const int Longest = 60;
        string text = value.GetRawText().ReplaceLineEndings(" ");
        return text.Length <= Longest ? text : text[..Longest] + "…";
    }
}
