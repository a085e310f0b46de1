using System.Text.Json;
using System.Text.Json.Serialization;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>How the small model that draws its own data is made: sizes, and the stages of its training in their order.</summary>
/// <param name="Seed">Start of all random sequences.</param>
/// <param name="ImageSize">Side of the square that the model sees, in pixels.</param>
/// <param name="Tower">The image tower.</param>
/// <param name="Decoder">The decoder.</param>
/// <param name="Masks">The mask autoencoder, trained first.</param>
/// <param name="Patches">Image tower and projector without the decoder.</param>
/// <param name="Stages">The whole model, easy scenes before full ones.</param>
internal sealed record ShapesRecipe(
    ulong Seed, int ImageSize, TowerSizes Tower, TowerSizes Decoder, StageOptions Masks, StageOptions Patches, IReadOnlyList<StageOptions> Stages)
{
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

/// <summary>The sizes of a stack of transformer layers.</summary>
/// <param name="HiddenSize">Numbers of a token between layers.</param>
/// <param name="IntermediateSize">Numbers of a token inside an MLP.</param>
/// <param name="LayerCount">Layers.</param>
/// <param name="HeadCount">Attention heads, each with keys and values of its own.</param>
internal sealed record TowerSizes(int HiddenSize, int IntermediateSize, int LayerCount, int HeadCount);

/// <summary>Reads recipes without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ShapesRecipe))]
internal sealed partial class ShapesRecipeJson : JsonSerializerContext;
