using PaliGemma.Tasks;
using PaliGemma.Training.Layers;
using PaliGemma.Training.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace PaliGemma.Training.Masks;

/// <summary>
/// Trains a mask autoencoder: squared error of the masks, and a smaller one that keeps vectors near their codes. Codes are moving averages
/// of the vectors that are nearest to them (arXiv:1711.00937, appendix A.1); a code that none is near to moves to one of the vectors.
/// </summary>
public sealed class MaskTrainer : IDisposable
{
    private const double CodeDecay = 0.98;
    private const double DeadShare = 0.02;

    private static readonly Scalar Commitment = 0.25f.ToScalar();

    private readonly TrainableMaskAutoencoder _model;
    private readonly Func<float[]> _masks;
    private readonly int _batchSize;
    private readonly double _learningRate;
    private readonly LearningRateSchedule _schedule;
    private readonly Optimizer _optimizer;
    private readonly float[] _counts = new float[SegmentationTokens.Count];
    private readonly float[] _sums = new float[SegmentationTokens.Count * MaskWeights.CodeLength];
    private SplitMix64 _random;
    private long _step;

    /// <summary>Prepares a run.</summary>
    /// <param name="model">What is trained; not owned.</param>
    /// <param name="masks">Gives one mask [64, 64] after another, 0 outside and 1 inside.</param>
    /// <param name="batchSize">Masks that a step learns from.</param>
    /// <param name="steps">Steps of the run.</param>
    /// <param name="learningRate">The highest learning rate.</param>
    /// <param name="seed">Of what is drawn.</param>
    public MaskTrainer(TrainableMaskAutoencoder model, Func<float[]> masks, int batchSize, long steps, double learningRate, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(masks);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        _model = model;
        _masks = masks;
        _batchSize = batchSize;
        _learningRate = learningRate;
        _schedule = new LearningRateSchedule(steps, steps / 20);
        _optimizer = new Optimizer(model.Parameters, beta2: 0.99, useMuon: false);
        _random = new SplitMix64(seed);
    }

    /// <summary>Does a step and returns the mean intersection over union of its masks before the update.</summary>
    public double Step()
    {
        using var scope = NewDisposeScope();
        float[] pixels = new float[_batchSize * MaskDecoder.Side * MaskDecoder.Side];
        for (int i = 0; i < _batchSize; i++)
        {
            _masks().CopyTo(pixels, i * MaskDecoder.Side * MaskDecoder.Side);
        }
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (2 * pixels[i]) - 1;
        }
        Tensor masks = tensor(pixels, [_batchSize, 1, MaskDecoder.Side, MaskDecoder.Side]);
        Tensor vectors = _model.Encode(masks);
        Tensor codes;
        using (no_grad())
        {
            if (_step == 0)
            {
                Reseed(vectors, _ => true);
            }
            codes = _model.Nearest(vectors);
        }
        Tensor chosen = _model.Codebook.index_select(0, codes);
        // The gradient passes the choice as if it changed nothing.
        Tensor passed = vectors.add(chosen.sub(vectors).detach(), Constants.One);
        Tensor decoded = _model.Decode(passed);
        Tensor loss = MeanSquare(decoded.sub(masks)).add(MeanSquare(vectors.sub(chosen.detach())), Commitment);
        loss.backward();
        _optimizer.ClipGradients(1);
        _optimizer.Step(_step, _learningRate * _schedule.At(_step));
        using (no_grad())
        {
            MoveCodes(vectors, codes);
            _step++;
            return IntersectionOverUnion(decoded, masks);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _optimizer.Dispose();

    // Not square(), which is pow() with a scalar made on the way.
    private static Tensor MeanSquare(Tensor x) => x.mul(x).mean();

    private void MoveCodes(Tensor vectors, Tensor codes)
    {
        float[] values = vectors.detach().contiguous().data<float>().ToArray();
        long[] chosen = codes.data<long>().ToArray();
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] *= (float)CodeDecay;
        }
        for (int i = 0; i < _sums.Length; i++)
        {
            _sums[i] *= (float)CodeDecay;
        }
        for (int i = 0; i < chosen.Length; i++)
        {
            _counts[chosen[i]] += (float)(1 - CodeDecay);
            Span<float> sum = _sums.AsSpan((int)chosen[i] * MaskWeights.CodeLength, MaskWeights.CodeLength);
            ReadOnlySpan<float> vector = values.AsSpan(i * MaskWeights.CodeLength, MaskWeights.CodeLength);
            for (int j = 0; j < sum.Length; j++)
            {
                sum[j] += (float)(1 - CodeDecay) * vector[j];
            }
        }
        float[] codebook = new float[_sums.Length];
        for (int i = 0; i < codebook.Length; i++)
        {
            codebook[i] = _sums[i] / Math.Max(_counts[i / MaskWeights.CodeLength], 1e-6f);
        }
        _model.Codebook.copy_(tensor(codebook, _model.Codebook.shape));
        double dead = DeadShare * _counts.Sum() / _counts.Length;
        Reseed(vectors, code => _counts[code] < dead);
    }

    /// <summary>Moves codes to vectors that are drawn.</summary>
    private void Reseed(Tensor vectors, Func<int, bool> chosen)
    {
        for (int code = 0; code < _counts.Length; code++)
        {
            if (!chosen(code))
            {
                continue;
            }
            Tensor vector = vectors[(long)(_random.NextUniform() * vectors.shape[0])].detach();
            _model.Codebook[code].copy_(vector);
            // As often chosen as an average code, until it is known.
            _counts[code] = 16f * _batchSize / _counts.Length * (float)(1 - CodeDecay);
            float[] values = vector.data<float>().ToArray();
            for (int i = 0; i < values.Length; i++)
            {
                _sums[(code * MaskWeights.CodeLength) + i] = values[i] * _counts[code];
            }
        }
    }

    /// <summary>The mean of the masks' own.</summary>
    private static double IntersectionOverUnion(Tensor decoded, Tensor masks)
    {
        Tensor inside = masks.gt(Constants.Zero);
        Tensor found = decoded.gt(Constants.Zero);
        Tensor both = inside.logical_and(found).sum([1, 2, 3]).to_type(ScalarType.Float32);
        Tensor either = inside.logical_or(found).sum([1, 2, 3]).to_type(ScalarType.Float32);
        return both.div(either).mean().item<float>();
    }
}
