using System.Text.Json;
using System.Text.RegularExpressions;

namespace PaliGemma.Checkpoints;

/// <summary>The files of a repository at a revision, as the hub lists them (<c>GET /api/models/NAME/revision/REVISION</c>).</summary>
/// <param name="Commit">The commit that the revision stands for.</param>
/// <param name="Files">The files' names.</param>
internal sealed partial record HubListing(string Commit, IReadOnlyList<string> Files)
{
    /// <summary>The longest list that is read, in bytes.</summary>
    public const int Longest = 1 << 24;

    private static readonly string[] Descriptions =
    [
        "config.json", "generation_config.json", "preprocessor_config.json", "processor_config.json",
        "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "paligemma_tokenizer.model", "adapter_config.json",
    ];

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.+-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainName { get; }

    /// <summary>Reads the list.</summary>
    /// <exception cref="HubException">It is not one, or names a file outside the repository's folder.</exception>
    public static HubListing Parse(ReadOnlyMemory<byte> json, HubRepository repository)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            string commit = document.RootElement.GetProperty("sha").GetString() ?? "";
            List<string> files = [];
            foreach (JsonElement file in document.RootElement.GetProperty("siblings").EnumerateArray())
            {
                string name = file.GetProperty("rfilename").GetString() ?? "";
                if (name.Contains('\\', StringComparison.Ordinal) || name.Split('/').Any(part => part is "" or "." or ".."))
                {
                    throw Outside(repository, name);
                }
                files.Add(name);
            }
            return HubCache.IsCommit(commit)
                ? new HubListing(commit, files)
                : throw new HubException($"The hub's list of {repository.Name} has the commit '{Shown(commit)}'; expected 40 hex digits.");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new HubException($"The hub's list of {repository.Name} is not an object with sha and the array siblings.", error);
        }
    }

    /// <summary>
    /// What a model needs, in the repository's top folder: configuration, tokenizer and safetensors files; big_vision's <c>.npz</c> where
    /// there are none of these. Weights come last: what is wrong with the rest is seen before the long wait.
    /// </summary>
    /// <exception cref="HubException">There are no weights, or a file's name cannot be a file name everywhere.</exception>
    public IReadOnlyList<string> ModelFiles(HubRepository repository)
    {
        string[] weights = EndingIn(".safetensors");
        weights = weights.Length > 0 ? weights : EndingIn(".npz");
        if (weights.Length == 0)
        {
            throw new HubException($"The repository {repository} has no model: expected files that end in .safetensors or .npz.");
        }
        string[] files = [.. Files.Where(Descriptions.Contains), .. EndingIn(".safetensors.index.json"), .. weights];
        return files.FirstOrDefault(file => !PlainName.IsMatch(file)) is string strange ? throw Outside(repository, strange) : files;
    }

    private static HubException Outside(HubRepository repository, string name) =>
        new($"The hub's list of {repository.Name} names a file '{Shown(name)}', which is not a name of a file inside the repository.");

    private static string Shown(string text) => text.Length <= 100 ? text : text[..100] + "…";

    private string[] EndingIn(string ending) =>
        [.. Files.Where(file => file.EndsWith(ending, StringComparison.Ordinal) && !file.Contains('/', StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];
}
