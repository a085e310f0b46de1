using PaliGemma.Checkpoints;
using PaliGemma.Tasks;
using PaliGemma.Training.Layers;
using PaliGemma.Training.Objective;
using TorchSharp;
using static TorchSharp.torch;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>
/// Linear maps that read, from the feature of a patch that the decoder will be given, every <see cref="PatchProperty"/> and the codes of
/// the four edges of the box of what is over it and of its turn. They serve training alone. Owns its weights.
/// </summary>
internal sealed class PatchReaders : IDisposable
{
    /// <summary>A patch with nothing over it counts less: there are more of them.</summary>
    private const float BackgroundWeight = 0.2f;

    /// <summary>Numbers of a turn's code: it is not known as exactly as a place.</summary>
    private const int TurnLength = 12;

    private const int EdgesLength = LocationTokens.PerBox * PlaceCode.Length;

    private static readonly Scalar BoxWeight = 6f.ToScalar();

    private static readonly Scalar TurnWeight = 2f.ToScalar();

    private PatchReaders(PatchReaders readers) => (Weight, Bias) = (readers.Weight.Alias(), readers.Bias.Alias());

    /// <summary>Draws weights.</summary>
    /// <param name="width">Numbers of a feature.</param>
    /// <param name="seed">Of what is drawn.</param>
    public PatchReaders(int width, ulong seed)
    {
        using var scope = NewDisposeScope();
        manual_seed((long)seed);
        using Scalar length = MathF.Sqrt(width).ToScalar();
        Weight = Create("weight", TensorRole.Projection, randn([OutputCount, width]).div(length));
        Bias = Create("bias", TensorRole.Bias, zeros([OutputCount]));
    }

    /// <summary>Classes of all properties.</summary>
    public static int ClassCount { get; } = PatchProperty.All.Sum(property => property.Classes);

    /// <summary>Classes, then the codes of the upper, left, lower and right edge, and of the turn.</summary>
    public static int OutputCount => ClassCount + EdgesLength + TurnLength;

    /// <summary>[<see cref="OutputCount"/>, feature].</summary>
    public Parameter Weight { get; }

    /// <summary>[<see cref="OutputCount"/>].</summary>
    public Parameter Bias { get; }

    /// <summary>
    /// The loss, and how well each property was read: the part of the patches with something over them whose class is right.
    /// </summary>
    /// <param name="features">[patches, width].</param>
    /// <param name="pictures">What is over the patches of each picture.</param>
    public (Tensor Loss, double[] Right, double BoxError, double TurnError) Compare(Tensor features, IReadOnlyList<PatchTargets> pictures)
    {
        Tensor outputs = nn.functional.linear(features, Weight.Value, Bias.Value);
        BoundingBox?[] boxes = [.. pictures.SelectMany(picture => picture.Boxes)];
        float[] present = Array.ConvertAll(boxes, box => box is null ? 0f : 1);
        Tensor weights = WeightShares.Of(Array.ConvertAll(present, value => Math.Max(value, BackgroundWeight)));
        Tensor things = WeightShares.Of(present);
        double[] right = new double[PatchProperty.All.Count];
        Tensor loss = zeros([]);
        long at = 0;
        for (int i = 0; i < right.Length; i++)
        {
            PatchProperty property = PatchProperty.All[i];
            Tensor logits = outputs.narrow(1, at, property.Classes);
            Tensor targets = tensor((long[])[.. pictures.SelectMany(picture => picture.Classes[i])]);
            Tensor losses = nn.functional.cross_entropy(logits, targets, reduction: nn.Reduction.None);
            using Scalar weight = property.Weight.ToScalar();
            loss = loss.add(losses.mul(weights).sum(), weight);
            right[i] = logits.argmax(1).eq(targets).to_type(ScalarType.Float32).mul(things).sum().item<float>();
            at += property.Classes;
        }
        Tensor boxError = Error(outputs.narrow(1, at, EdgesLength), EdgeCodes(boxes), things);
        float?[] turns = [.. pictures.SelectMany(picture => picture.Turns)];
        Tensor turned = WeightShares.Of(Array.ConvertAll(turns, turn => turn is null ? 0f : 1));
        Tensor turnError = Error(outputs.narrow(1, at + EdgesLength, TurnLength), TurnCodes(turns), turned);
        return (
            loss.add(boxError, BoxWeight).add(turnError, TurnWeight), right, boxError.item<float>(), turnError.item<float>());
    }

    /// <summary>The same weights, which are shared, with gradients of their own. To be disposed before these.</summary>
    public PatchReaders Replicate() => new(this);

    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias.Dispose();
    }

    private static Parameter Create(string name, TensorRole role, Tensor value) =>
        new(new LayoutEntry("patch_readers." + name, role, value.shape), value.DetachFromDisposeScope()) { IsTrainable = true };

    /// <summary>The mean squared difference, in which each row counts by its weight.</summary>
    private static Tensor Error(Tensor outputs, Tensor codes, Tensor weights)
    {
        Tensor differences = outputs.sub(codes);
        // Not square(), which is pow() with a scalar made on the way.
        return differences.mul(differences).mean([1]).mul(weights).sum();
    }

    private static Tensor TurnCodes(float?[] turns)
    {
        float[] codes = new float[turns.Length * TurnLength];
        for (int i = 0; i < turns.Length; i++)
        {
            if (turns[i] is float turn)
            {
                PlaceCode.Write(turn, codes.AsSpan(i * TurnLength, TurnLength));
            }
        }
        return tensor(codes, [turns.Length, TurnLength]);
    }

    private static Tensor EdgeCodes(BoundingBox?[] boxes)
    {
        float[] codes = new float[boxes.Length * EdgesLength];
        for (int i = 0; i < boxes.Length; i++)
        {
            if (boxes[i] is BoundingBox box)
            {
                Span<float> code = codes.AsSpan(i * EdgesLength, EdgesLength);
                PlaceCode.Write(box.Y1, code[..PlaceCode.Length]);
                PlaceCode.Write(box.X1, code.Slice(PlaceCode.Length, PlaceCode.Length));
                PlaceCode.Write(box.Y2, code.Slice(2 * PlaceCode.Length, PlaceCode.Length));
                PlaceCode.Write(box.X2, code.Slice(3 * PlaceCode.Length, PlaceCode.Length));
            }
        }
        return tensor(codes, [boxes.Length, EdgesLength]);
    }
}
