using PaliGemma.Checkpoints;
using PaliGemma.Training.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace PaliGemma.Training.Optimization;

/// <summary>
/// Muon (Jordan and others, 2024, kellerjordan.github.io/posts/muon): momentum whose matrix is replaced by the nearest one with orthogonal
/// rows or columns, so that all directions are learnt at the same speed. For the matrices between hidden states only; everything else is
/// Adam's.
/// </summary>
public sealed class Muon : IDisposable
{
    private const double Momentum = 0.95;

    /// <summary>Newton-Schulz steps, whose polynomial x → ax + bx³ + cx⁵ brings singular values to about 1.</summary>
    private const int Iterations = 5;

    private static readonly Scalar Kept = ((float)Momentum).ToScalar();
    private static readonly Scalar Rest = ((float)(1 - Momentum)).ToScalar();
    private static readonly Scalar A = 3.4445f.ToScalar();
    private static readonly Scalar B = (-4.7750f).ToScalar();
    private static readonly Scalar C = 2.0315f.ToScalar();
    private static readonly Scalar Smallest = 1e-7f.ToScalar();

    private readonly List<MuonMomentum> _states = [];
    private readonly ScalarType _productType;
    private readonly int _workers;

    /// <summary>Creates the state of those parameters that <see cref="Suits"/>.</summary>
    /// <param name="parameters">What is trained.</param>
    /// <param name="productType">The type in which matrices are multiplied: Float32 or BFloat16.</param>
    /// <param name="workers">Threads that work on matrices side by side.</param>
    public Muon(IEnumerable<Parameter> parameters, ScalarType productType = ScalarType.Float32, int workers = 1)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        (_productType, _workers) = (productType, workers);
        _states.AddRange(parameters.Where(Suits).Select(parameter => new MuonMomentum(parameter)));
    }

    /// <summary>What is updated, and what is kept of it.</summary>
    public IReadOnlyList<MuonMomentum> States => _states;

    /// <summary>Whether a parameter is trained and a matrix of a tower's or the decoder's layers.</summary>
    public static bool Suits(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return parameter.IsTrainable && parameter.Role == TensorRole.Projection && parameter.Shape.Count == 2
            && parameter.Part is ModelPart.Vision or ModelPart.Decoder;
    }

    /// <summary>Updates all parameters that have a gradient, and sets the gradients to 0.</summary>
    /// <param name="learningRate">The rate of this step: the size of the update's singular values.</param>
    public void Step(double learningRate)
    {
        int next = -1;
        GradientWorkers.Run(_workers, _ =>
        {
            using IDisposable untracked = no_grad();
            for (int i = Interlocked.Increment(ref next); i < _states.Count; i = Interlocked.Increment(ref next))
            {
                Step(_states[i], learningRate, _productType);
            }
        });
    }

    /// <inheritdoc/>
    public void Dispose() => _states.ForEach(momentum => momentum.Dispose());

    private static void Step(MuonMomentum momentum, double learningRate, ScalarType productType)
    {
        using var scope = NewDisposeScope();
        if (momentum.Parameter.Gradient is not Tensor stored)
        {
            return;
        }
        Tensor gradient = stored.to(ScalarType.Float32);
        momentum.Mean.mul_(Kept).add_(gradient, Rest);
        Tensor update = Orthogonalize(gradient.mul(Rest).add(momentum.Mean, Kept), productType);
        double longer = Math.Max(1, (double)update.shape[0] / update.shape[1]);
        using Scalar rate = ((float)(-learningRate * Math.Sqrt(longer))).ToScalar();
        momentum.Weight.add_(update, rate);
        momentum.Publish();
        stored.zero_();
    }

    /// <summary>A matrix of the same singular vectors, whose singular values are between about 0.7 and 1.2.</summary>
    internal static Tensor Orthogonalize(Tensor matrix, ScalarType productType = ScalarType.Float32)
    {
        bool isTall = matrix.shape[0] > matrix.shape[1];
        Tensor x = isTall ? matrix.t() : matrix;
        x = x.div(x.norm().add(Smallest, Constants.One)).to(productType);
        for (int i = 0; i < Iterations; i++)
        {
            Tensor square = x.matmul(x.t());
            Tensor polynomial = square.mul(B).add(square.matmul(square), C);
            x = x.mul(A).add(polynomial.matmul(x), Constants.One);
        }
        return isTall ? x.t() : x;
    }
}
