using System.Globalization;
using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Training.Layers;
using static TorchSharp.torch;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>
/// Gives a trained model more layers without changing what it computes (block expansion, arXiv:2401.02415): copies of trained layers,
/// before the last, whose output projections are 0.
/// </summary>
internal static class LayerGrowth
{
    private const string TowerLayers = "vision_tower.vision_model.encoder.layers.", DecoderLayers = "language_model.model.layers.";

    private static readonly string[] Outputs =
    [
        ".self_attn.o_proj.weight", ".mlp.down_proj.weight",
        ".self_attn.out_proj.weight", ".self_attn.out_proj.bias", ".mlp.fc2.weight", ".mlp.fc2.bias",
    ];

    /// <summary>Writes the larger model.</summary>
    /// <param name="folder">A folder that exists and is empty.</param>
    /// <param name="model">The trained model; a part that grows has at least two layers, or copies its only one.</param>
    /// <param name="source">The model's folder, whose tokenizer and mask autoencoder go along.</param>
    /// <param name="tower">How many layers the larger image tower has.</param>
    /// <param name="decoder">How many layers the larger decoder has.</param>
    /// <exception cref="ModelFileException">A file cannot be written.</exception>
    public static void Write(string folder, TrainableModel model, string source, int tower, int decoder)
    {
        (int towerBefore, int decoderBefore) = (model.Config.Vision.LayerCount, model.Config.Text.LayerCount);
        PaliGemmaConfig config = model.Config with
        {
            Vision = model.Config.Vision with { LayerCount = tower },
            Text = model.Config.Text with { LayerCount = decoder },
            StoredType = "float32",
        };
        PaliGemmaConfigWriter.Write(folder, config);
        CompanionFiles.Copy(source, folder);
        IReadOnlyList<LayoutEntry> layout = TensorLayout.Of(config);
        using ShardedSafetensorsWriter writer =
            new(folder, [.. layout.Select(entry => new TensorDeclaration(entry.Name, ElementType.Float32, entry.Shape))]);
        foreach (LayoutEntry entry in layout)
        {
            using var scope = NewDisposeScope();
            string? origin = entry.Name.StartsWith(TowerLayers, StringComparison.Ordinal) ? Origin(entry.Name, TowerLayers, towerBefore, tower)
                : entry.Name.StartsWith(DecoderLayers, StringComparison.Ordinal) ? Origin(entry.Name, DecoderLayers, decoderBefore, decoder)
                : entry.Name;
            Tensor value = origin is null ? zeros([.. entry.Shape]) : model.Parameters[origin].Value;
            StoredTensors.Write(value, ElementType.Float32, (start, bytes) => writer.Write(entry.Name, start, bytes));
        }
        writer.Commit();
    }

    /// <summary>The trained weight that a weight of a layer starts as; null for one that starts as 0.</summary>
    /// <param name="name">Of the weight.</param>
    /// <param name="layers">What the names of all layers of its stack begin with; a number follows.</param>
    /// <param name="before">Layers of the trained stack.</param>
    /// <param name="after">Layers of the larger one.</param>
    internal static string? Origin(string name, string layers, int before, int after)
    {
        int end = name.IndexOf('.', layers.Length);
        int layer = int.Parse(name.AsSpan(layers.Length, end - layers.Length), CultureInfo.InvariantCulture);
        string rest = name[end..];
        bool isNew = layer >= before - 1 && layer < after - 1;
        int origin = layer < before - 1 ? layer : Math.Max(0, layer - after + before);
        return isNew && Outputs.Contains(rest) ? null : string.Create(CultureInfo.InvariantCulture, $"{layers}{origin}{rest}");
    }
}
