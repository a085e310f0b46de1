using PaliGemma.Generation;
using PaliGemma.Tasks;

namespace PaliGemma.Server;

/// <summary>A model under the name that requests call it by, with the queue in front of it.</summary>
public sealed class ServedModel : IDisposable
{
    /// <summary>Takes a loaded model.</summary>
    /// <param name="name">What requests call it.</param>
    /// <param name="pipeline">The model; owned.</param>
    /// <param name="batch">How many requests are decoded together and how many may wait.</param>
    /// <param name="maskDecoder">Decodes the masks of segmented objects; not owned. Without one, objects have boxes alone.</param>
    public ServedModel(string name, PaliGemmaPipeline pipeline, BatchOptions batch, MaskDecoder? maskDecoder = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        Pipeline = pipeline;
        Scheduler = new BatchScheduler(pipeline, batch, name);
        MaskDecoder = maskDecoder;
    }

    /// <summary>What requests call the model.</summary>
    public string Name { get; }

    /// <summary>The model.</summary>
    public PaliGemmaPipeline Pipeline { get; }

    /// <summary>The queue and the batch.</summary>
    public BatchScheduler Scheduler { get; }

    /// <summary>Decodes masks; null where there is none.</summary>
    public MaskDecoder? MaskDecoder { get; }

    /// <summary>When the model was loaded.</summary>
    public DateTimeOffset Loaded { get; } = DateTimeOffset.UtcNow;

    /// <inheritdoc/>
    public void Dispose()
    {
        Scheduler.Dispose();
        Pipeline.Dispose();
    }
}
