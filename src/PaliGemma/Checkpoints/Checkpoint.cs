using PaliGemma.Configuration;

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

    /// <summary>The folder that the tokenizer shares with the weights.</summary>
    public abstract string Folder { get; }

    /// <summary>The files that hold the weights.</summary>
    public abstract IReadOnlyList<CheckpointFile> Files { get; }

    /// <summary>Opens a folder with safetensors files or with one .npz file of big_vision, or such a file itself.</summary>
    /// <exception cref="ModelFileException">There is no checkpoint, or it is damaged.</exception>
    public static Checkpoint Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (File.Exists(path))
        {
            return Path.GetExtension(path).Equals(NumpyCheckpoint.Extension, StringComparison.OrdinalIgnoreCase)
                ? NumpyCheckpoint.Open(path)
                : throw new ModelFileException($"{path} is no checkpoint; expected a model folder, or an .npz file of big_vision.");
        }
        if (!Directory.Exists(path))
        {
            throw new ModelFileException($"There is no folder {path}; expected a PaliGemma model folder.");
        }
        if (!SafetensorsCheckpoint.Exists(path) && NumpyFiles(path) is { Length: > 0 } files)
        {
            return files.Length == 1
                ? NumpyCheckpoint.Open(files[0])
                : throw new ModelFileException(
                    $"The folder {path} has {files.Length} .npz files; expected one, or the path of the one to open.");
        }
        return SafetensorsCheckpoint.Open(path);
    }

    /// <summary>The .npz files that can be checkpoints: the mask autoencoder, which may stand beside one, is none.</summary>
    private static string[] NumpyFiles(string folder) =>
        [.. Directory.GetFiles(folder, "*" + NumpyCheckpoint.Extension).Where(file => Path.GetFileName(file) != Tasks.MaskDecoder.FileName)];

    /// <summary>The model's configuration: from config.json, or from what the file says of its tensors.</summary>
    /// <exception cref="ModelFileException">The configuration is missing or damaged.</exception>
    public abstract PaliGemmaConfig LoadConfig();

    /// <summary>What the checkpoint says of a tensor; its bytes are not touched.</summary>
    /// <exception cref="ModelFileException">The tensor has an element type that this library does not know.</exception>
    public abstract bool TryDescribe(string name, out TensorDeclaration tensor);

    /// <summary>Finds a tensor.</summary>
    /// <exception cref="ModelFileException">The tensor is there and damaged.</exception>
    public abstract bool TryGet(string name, out StoredTensor tensor);

    /// <summary>Finds a tensor that must be there, with these extents.</summary>
    /// <exception cref="ModelFileException">The tensor is missing, damaged or has other extents.</exception>
    public StoredTensor Get(string name, params ReadOnlySpan<long> expectedShape)
    {
        if (!TryDescribe(name, out TensorDeclaration declared))
        {
            throw new ModelFileException($"{Location} has no tensor {name}; the configuration expects one of {Text(expectedShape)}.");
        }
        bool equal = declared.Shape.Count == expectedShape.Length;
        for (int i = 0; equal && i < expectedShape.Length; i++)
        {
            equal = declared.Shape[i] == expectedShape[i];
        }
        return equal && TryGet(name, out StoredTensor tensor)
            ? tensor
            : throw new ModelFileException(
                $"{Location}: tensor {name} is {TensorShape.Text(declared.Shape)}; the configuration expects {Text(expectedShape)}.");
    }

    /// <summary>
    /// Frees the memory, if any, that a tensor takes beside its file, for instance because it had to be transposed; the tensor must not be
    /// read any more, but can be asked for again.
    /// </summary>
    public virtual void Release(StoredTensor tensor) => ArgumentNullException.ThrowIfNull(tensor);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the files; tensors must not be read any more.</summary>
    protected abstract void Dispose(bool disposing);

    private static string Text(ReadOnlySpan<long> shape) => TensorShape.Text(shape.ToArray());
}
