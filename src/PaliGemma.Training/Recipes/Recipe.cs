using System.Reflection;
using System.Text.Json;
using PaliGemma.Configuration;

namespace PaliGemma.Training.Recipes;

/// <summary>
/// The hyper-parameters by which a published model was fine-tuned to a task (big_vision, configs/proj/paligemma/transfers; arXiv:2407.07726, appendix J).
/// </summary>
/// <param name="Name">The task and the picture size, for instance <c>vqav2-448</c>.</param>
/// <param name="ImageSize">Side of the pictures in pixels.</param>
/// <param name="LearningRate">The highest learning rate.</param>
/// <param name="WeightDecay">The part of a decayed weight that goes per step.</param>
/// <param name="Epochs">How often every example is seen.</param>
/// <param name="BatchSize">Examples that a step learns from.</param>
/// <param name="LabelSmoothing">The probability that targets give to other tokens.</param>
/// <param name="Dropout">Of the decoder's residual branches.</param>
/// <param name="FreezesVision">Whether the image tower was frozen.</param>
/// <param name="Prefix">The prompt, with the fields of the data set in braces; null where the data set has it itself.</param>
public sealed record Recipe(
    string Name,
    int ImageSize,
    double LearningRate,
    double WeightDecay,
    double Epochs,
    int BatchSize,
    double LabelSmoothing,
    double Dropout,
    bool FreezesVision,
    string? Prefix)
{
    /// <summary>All recipes, by name.</summary>
    public static IReadOnlyList<Recipe> All { get; } = Read();

    /// <summary>Finds a recipe.</summary>
    public static bool TryGet(string name, out Recipe recipe)
    {
        recipe = All.FirstOrDefault(known => known.Name == name)!;
        return recipe is not null;
    }

    private static List<Recipe> Read()
    {
        const string File = "recipes.json";
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(typeof(Recipe), File)!;
        using JsonDocument document = JsonDocument.Parse(stream);
        return [.. document.RootElement.EnumerateArray().Select(entry => Read(new JsonFields(entry, File), entry))];
    }

    private static Recipe Read(JsonFields fields, JsonElement entry) => new(
        fields.RequiredText("name"),
        fields.Integer("image_size", 1, 1 << 16, null),
        entry.GetProperty("learning_rate").GetDouble(),
        entry.GetProperty("weight_decay").GetDouble(),
        entry.GetProperty("epochs").GetDouble(),
        fields.Integer("batch_size", 1, 1 << 16, null),
        entry.GetProperty("label_smoothing").GetDouble(),
        entry.GetProperty("dropout").GetDouble(),
        fields.Flag("freeze_vision", false),
        fields.Text("prefix"));
}
