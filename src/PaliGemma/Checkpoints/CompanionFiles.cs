using PaliGemma.Tasks;
using PaliGemma.Tokenization;

namespace PaliGemma.Checkpoints;

/// <summary>What goes along with a model's weights from folder to folder: its tokenizer and, if it has one of its own, its mask autoencoder.</summary>
public static class CompanionFiles
{
    /// <summary>Copies those that are there.</summary>
    /// <param name="source">A model folder.</param>
    /// <param name="destination">A folder that has none of them.</param>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static void Copy(string source, string destination)
    {
        TokenizerFiles.Copy(source, destination);
        CopyPresent([MaskDecoder.FileName], source, destination);
    }

    /// <summary>Copies files of a folder, those that are there.</summary>
    internal static void CopyPresent(IEnumerable<string> names, string source, string destination)
    {
        foreach (string name in names.Where(name => File.Exists(Path.Combine(source, name))))
        {
            File.Copy(Path.Combine(source, name), Path.Combine(destination, name));
        }
    }
}
