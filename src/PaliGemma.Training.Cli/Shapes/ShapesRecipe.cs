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
/// <param name="MixedPrecision">Whether linear layers multiply in bfloat16 while the model is trained.</param>
internal sealed record ShapesRecipe(
    ulong Seed,
    int ImageSize,
    TowerSizes Tower,
    TowerSizes Decoder,
    StageOptions Masks,
    StageOptions Patches,
    IReadOnlyList<StageOptions> Stages,
    bool MixedPrecision = false)
{
    /// <summary>Reads a recipe.</summary>
    /// <exception cref="ModelFileException">The file is missing or no recipe.</exception>
    public static ShapesRecipe Load(string path)
    {
        ShapesRecipe recipe;
        try
        {
            recipe = JsonSerializer.Deserialize(File.ReadAllBytes(path), ShapesRecipeJson.Default.ShapesRecipe)
                ?? throw new ModelFileException($"{path} holds null; expected a recipe.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new ModelFileException($"{path} is no recipe that can be read: {error.Message}", error);
        }
        return recipe.Fault() is string fault ? throw new ModelFileException($"{path}: {fault}.") : recipe;
    }

    /// <summary>What is wrong, as the end of a sentence; null if nothing is.</summary>
    private string? Fault()
    {
        if (ImageSize is < ShapesModel.PatchSize or > 896 || ImageSize % ShapesModel.PatchSize != 0)
        {
            return $"imageSize is {ImageSize}; expected a multiple of {ShapesModel.PatchSize} up to 896";
        }
        return Tower.Fault("tower") ?? Decoder.Fault("decoder") ?? Masks.Fault("masks") ?? Patches.Fault("patches")
            ?? Stages.Index().Select(stage => stage.Item.Fault($"stages[{stage.Index}]")
                ?? (stage.Item.Tasks is null ? $"stages[{stage.Index}] has no tasks; expected how often each is asked" : null))
                .FirstOrDefault(fault => fault is not null);
    }
}

/// <summary>The sizes of a stack of transformer layers.</summary>
/// <param name="HiddenSize">Numbers of a token between layers.</param>
/// <param name="IntermediateSize">Numbers of a token inside an MLP.</param>
/// <param name="LayerCount">Layers.</param>
/// <param name="HeadCount">Attention heads, each with keys and values of its own.</param>
internal sealed record TowerSizes(int HiddenSize, int IntermediateSize, int LayerCount, int HeadCount)
{
    private const int Largest = 1 << 14;

    /// <summary>What is wrong, as the end of a sentence; null if nothing is.</summary>
    /// <param name="name">What the sizes are called in it.</param>
    public string? Fault(string name) =>
        HiddenSize is < 1 or > Largest || IntermediateSize is < 1 or > Largest || LayerCount is < 1 or > 100 || HeadCount is < 1 or > Largest
            ? $"{name} has a size out of its range; expected 1 to {Largest}, and up to 100 layers"
            : HiddenSize % (2 * HeadCount) != 0 || HiddenSize % 4 != 0
                ? $"{name}.hiddenSize is {HiddenSize}; expected a multiple of 4 and of twice the {HeadCount} heads"
                : null;
}

/// <summary>Reads recipes without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ShapesRecipe))]
internal sealed partial class ShapesRecipeJson : JsonSerializerContext;
