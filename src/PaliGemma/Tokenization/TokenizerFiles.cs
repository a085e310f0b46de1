using PaliGemma.Checkpoints;

namespace PaliGemma.Tokenization;

/// <summary>The files of a model folder that make its tokenizer.</summary>
public static class TokenizerFiles
{
    private static readonly string[] Names =
    [
        "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "paligemma_tokenizer.model",
    ];

    /// <summary>Copies those that are there.</summary>
    /// <param name="source">A model folder.</param>
    /// <param name="destination">A folder that has none of them.</param>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static void Copy(string source, string destination) => CompanionFiles.CopyPresent(Names, source, destination);
}
