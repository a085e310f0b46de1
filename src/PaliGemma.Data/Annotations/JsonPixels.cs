using System.Text.Json;

namespace PaliGemma.Data.Annotations;

/// <summary>Positions in pixels as JSON, to the thousandth: nobody marks more exactly.</summary>
internal static class JsonPixels
{
    /// <summary>Writes positions as a list.</summary>
    public static void Write(Utf8JsonWriter json, params ReadOnlySpan<double> positions)
    {
        json.WriteStartArray();
        foreach (double position in positions)
        {
            json.WriteNumberValue(Round(position));
        }
        json.WriteEndArray();
    }

    /// <summary>The nearest thousandth, without trailing zeros.</summary>
    public static decimal Round(double position) => Math.Round((decimal)position, 3) / 1.000m;
}
