using PaliGemma.Training.Layers;
using static TorchSharp.torch;

namespace PaliGemma.Training;

/// <summary>
/// Threads that each go backward through a part of a batch. Small models gain more from this than from libtorch's own threads, which share
/// the work of each small operation. Each has leaves of its own over the same elements, whose gradients are added up in the order of the
/// threads, so that a run stays the same bit by bit.
/// </summary>
/// <param name="leaves">The trained weights of each thread, in the same order; what is added up goes to the first's.</param>
internal sealed class GradientWorkers(IReadOnlyList<IReadOnlyList<Parameter>> leaves)
{
    /// <summary>Threads.</summary>
    public int Count => leaves.Count;

    /// <summary>Calls <paramref name="backward"/> with the number of each thread on it, and adds up the gradients.</summary>
    public void Run(Action<int> backward)
    {
        Run(Count, backward);
        for (int worker = 1; worker < Count; worker++)
        {
            for (int i = 0; i < leaves[0].Count; i++)
            {
                Add(leaves[worker][i], leaves[0][i]);
            }
        }
    }

    /// <summary>Gathers the gradients of a thread's leaves, see <see cref="Parameter.GatherGradient"/>; to be called on that thread.</summary>
    public void Gather(int worker)
    {
        foreach (Parameter leaf in leaves[worker])
        {
            leaf.GatherGradient();
        }
    }

    /// <summary>Calls <paramref name="work"/> with 0 … <paramref name="count"/> - 1, each on a thread of its own.</summary>
    public static void Run(int count, Action<int> work)
    {
        if (count == 1)
        {
            work(0);
            return;
        }
        // Not the pool's threads: those prepare the batches to come.
        Task.WhenAll(Enumerable.Range(0, count).Select(worker =>
            Task.Factory.StartNew(() => work(worker), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)))
            .GetAwaiter().GetResult();
    }

    private static void Add(Parameter from, Parameter to)
    {
        using var scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        if (from.Gradient is not Tensor gradient)
        {
            return;
        }
        if (to.Gradient is Tensor sum)
        {
            sum.add_(gradient, Constants.One);
        }
        else
        {
            to.Value.grad = gradient.to(to.Value.dtype, copy: true);
        }
        gradient.zero_();
    }
}
