namespace PaliGemma.Checkpoints;

/// <summary>
/// The weights of a model, by their published Hugging Face names (<c>language_model.model.…</c>, <c>vision_tower.vision_model.…</c>,
/// <c>multi_modal_projector.linear.…</c>), whatever layout the files have.
/// </summary>
public abstract class Checkpoint : IDisposable
{
    /// <summary>The tensors' names.</summary>
    public abstract IReadOnlyCollection<string> Names { get; }

    /// <summary>Where the weights come from, for messages.</summary>
    public abstract string Location { get; }

    /// <summary>Opens a model folder with safetensors files.</summary>
    /// <exception cref="ModelFileException">There is no checkpoint, or it is damaged.</exception>
    public static Checkpoint Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return SafetensorsCheckpoint.Open(path);
    }

    /// <summary>Finds a tensor.</summary>
    /// <exception cref="ModelFileException">The tensor is there and damaged.</exception>
    public abstract bool TryGet(string name, out StoredTensor tensor);

    /// <summary>Finds a tensor that must be there, with these extents.</summary>
    /// <exception cref="ModelFileException">The tensor is missing, damaged or has other extents.</exception>
    public StoredTensor Get(string name, params ReadOnlySpan<long> expectedShape)
    {
        if (!TryGet(name, out StoredTensor tensor))
        {
            throw new ModelFileException($"{Location} has no tensor {name}; the configuration expects one of [{Join(expectedShape)}].");
        }
        bool equal = tensor.Shape.Count == expectedShape.Length;
        for (int i = 0; equal && i < expectedShape.Length; i++)
        {
            equal = tensor.Shape[i] == expectedShape[i];
        }
        return equal
            ? tensor
            : throw new ModelFileException(
                $"{Location}: tensor {name} is [{string.Join(", ", tensor.Shape)}]; the configuration expects [{Join(expectedShape)}].");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the files; tensors must not be read any more.</summary>
    protected abstract void Dispose(bool disposing);

    private static string Join(ReadOnlySpan<long> shape) => string.Join(", ", shape.ToArray());
}
