using System.Text.Json;
using System.Text.Json.Serialization;
using PaliGemma.Configuration;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>How the small model that draws its own data is made: sizes, and the stages of its training in their order.</summary>
internal sealed record ShapesRecipe
{
    /// <summary>Start of all random sequences.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The image tower.</summary>
    public required SiglipVisionConfig Vision { get; init; }

    /// <summary>The decoder; the size of its vocabulary follows from the tokenizer.</summary>
    public required GemmaConfig Text { get; init; }

    /// <summary>The mask autoencoder, trained first.</summary>
    public required StageOptions Masks { get; init; }

    /// <summary>Image tower and projector without the decoder.</summary>
    public required StageOptions Patches { get; init; }

    /// <summary>The whole model, easy scenes before full ones.</summary>
    public required IReadOnlyList<StageOptions> Stages { get; init; }

    /// <summary>Reads a recipe.</summary>
    /// <exception cref="ModelFileException">The file is missing or no recipe.</exception>
    public static ShapesRecipe Load(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ShapesRecipeJson.Default.ShapesRecipe)
                ?? throw new ModelFileException($"{path} holds null; expected a recipe.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new ModelFileException($"{path} is no recipe that can be read: {error.Message}", error);
        }
    }
}

/// <summary>Reads recipes without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ShapesRecipe))]
internal sealed partial class ShapesRecipeJson : JsonSerializerContext;
