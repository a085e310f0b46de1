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
        string masks = Path.Combine(source, MaskDecoder.FileName);
        if (File.Exists(masks))
        {
            File.Copy(masks, Path.Combine(destination, MaskDecoder.FileName));
        }
    }
}
