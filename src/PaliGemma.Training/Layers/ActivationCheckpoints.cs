using static TorchSharp.torch;

namespace PaliGemma.Training.Layers;

/// <summary>
/// Computes a chain of segments without keeping what is inside them (arXiv:1604.06174): only each segment's input stays, and on the way
/// back the segment is computed again, this time with a graph. What a segment unpacks or converts so lives for one segment at a time.
/// </summary>
internal sealed class ActivationCheckpoints : IDisposable
{
    private readonly Stack<(Func<Tensor, Tensor> Segment, Tensor Input, Tensor Output)> _segments = [];

    /// <summary>Runs a segment; the result is a new leaf of the graph, which this owns. The input must live until <see cref="Backward"/>.</summary>
    public Tensor Run(Func<Tensor, Tensor> segment, Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor output;
        using (no_grad())
        {
            output = segment(input).detach();
        }
        output.requires_grad_().DetachFromDisposeScope();
        _segments.Push((segment, input, output));
        return output;
    }

    /// <summary>Carries the gradients of the last segment's output back to all weights and to the first segment's input.</summary>
    public void Backward()
    {
        while (_segments.TryPop(out (Func<Tensor, Tensor> Segment, Tensor Input, Tensor Output) each))
        {
            using var scope = NewDisposeScope();
            using Tensor output = each.Output;
            Tensor input = each.Input.detach().requires_grad_(each.Input.requires_grad);
            Tensor again = each.Segment(input);
            autograd.backward([again], [output.grad!]);
            if (each.Input.requires_grad)
            {
                autograd.backward([each.Input], [input.grad!]);
            }
        }
    }

    /// <summary>Frees what has not been carried back.</summary>
    public void Dispose()
    {
        while (_segments.TryPop(out (Func<Tensor, Tensor> Segment, Tensor Input, Tensor Output) each))
        {
            each.Output.Dispose();
        }
    }
}
