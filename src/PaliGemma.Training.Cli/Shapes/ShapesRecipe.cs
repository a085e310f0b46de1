using System.Text.Json;
using System.Text.Json.Serialization;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>How the small model that draws its own data is made: the stages of its training in their order.</summary>
/// <param name="Seed">Start of all random sequences.</param>
/// <param name="Stages">The whole model, easy scenes before full ones.</param>
/// <param name="Model">The model that the stages begin with; none where they go on from one of an earlier run.</param>
/// <param name="Patches">Image tower and projector without the decoder; none where they go on as they are.</param>
/// <param name="MixedPrecision">Whether linear layers multiply in bfloat16 while the model is trained.</param>
internal sealed record ShapesRecipe(
    ulong Seed,
    IReadOnlyList<StageOptions> Stages,
    NewModel? Model = null,
    StageOptions? Patches = null,
    bool MixedPrecision = false)
{
    /// <summary>Reads a recipe.</summary>
    /// <param name="path">The file.</param>
    /// <param name="goesOn">Whether there is a model that it goes on from.</param>
    /// <exception cref="ModelFileException">The file is missing or no recipe.</exception>
    public static ShapesRecipe Load(string path, bool goesOn)
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
        return recipe.Fault(goesOn) is string fault ? throw new ModelFileException($"{path}: {fault}.") : recipe;
    }

    /// <summary>What is wrong, as the end of a sentence; null if nothing is.</summary>
    private string? Fault(bool goesOn)
    {
        if (Model is null != goesOn)
        {
            return goesOn ? "model is given; expected none where a run goes on from one (--start)"
                : "model is missing; expected its sizes, or a model that the run goes on from (--start)";
        }
        return Model?.Fault() ?? Patches?.Fault("patches")
            ?? Stages.Select((stage, i) => Fault(stage, $"stages[{i}]")).FirstOrDefault(fault => fault is not null);
    }

    /// <param name="stage">Null where the list has that: annotations of what is in lists are not looked at.</param>
    /// <param name="name">What it is called in the sentence.</param>
    private static string? Fault(StageOptions? stage, string name) => stage is null ? $"{name} is null; expected a stage"
        : stage.Fault(name) ?? (stage.Tasks is null ? $"{name} has no tasks; expected how often each is asked" : null);
}

/// <summary>A model before training.</summary>
/// <param name="ImageSize">Side of the square that it sees, in pixels.</param>
/// <param name="Tower">The image tower.</param>
/// <param name="Decoder">The decoder.</param>
/// <param name="Masks">How its mask autoencoder is trained, before all else.</param>
internal sealed record NewModel(int ImageSize, TowerSizes Tower, TowerSizes Decoder, StageOptions Masks)
{
    /// <summary>What is wrong, as the end of a sentence; null if nothing is.</summary>
    public string? Fault() => ImageSize is < ShapesModel.PatchSize or > 896 || ImageSize % ShapesModel.PatchSize != 0
        ? $"model.imageSize is {ImageSize}; expected a multiple of {ShapesModel.PatchSize} up to 896"
        : Tower.Fault("model.tower") ?? Decoder.Fault("model.decoder") ?? Masks.Fault("model.masks");
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
