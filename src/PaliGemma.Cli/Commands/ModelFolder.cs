using PaliGemma.Checkpoints;

namespace PaliGemma.Cli.Commands;

/// <summary>Finds the folder, or the .npz file, that <c>--model</c> means.</summary>
internal static class ModelFolder
{
    /// <summary>The small model that comes with the program: scenes of coloured shapes and words.</summary>
    public static string Included { get; } = Path.Combine(AppContext.BaseDirectory, "models", "shapes");

    /// <summary>A folder or file that exists, or else the pulled repository <c>owner/name</c> or <c>owner/name@revision</c>.</summary>
    /// <exception cref="ModelFileException">There is neither.</exception>
    public static string Resolve(string model)
    {
        if (Directory.Exists(model) || File.Exists(model))
        {
            return model;
        }
        HubRepository repository;
        try
        {
            repository = HubRepository.Parse(model);
        }
        catch (ArgumentException)
        {
            throw new ModelFileException($"There is no folder {model}.");
        }
        HubCache cache = HubCache.FromEnvironment();
        return cache.Find(repository) ?? throw new ModelFileException(
            $"There is no folder {model}, and no pulled repository of that name in {cache.Folder}; 'paligemma pull {model}' would download it.");
    }
}
