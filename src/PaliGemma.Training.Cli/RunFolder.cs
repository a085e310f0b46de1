using System.Text.Json;

namespace PaliGemma.Training.Cli;

/// <summary>
/// The folder of a run: a complete model once the run has ended, and in <c>training</c> what the run needs and tells: the state to go on
/// from, the command, metrics, and a plot of the loss.
/// </summary>
internal sealed class RunFolder(string path)
{
    public string FullPath { get; } = Path.GetFullPath(path);

    /// <summary>What the run needs and tells.</summary>
    public string Training => Path.Combine(FullPath, "training");

    /// <summary>The state to go on from.</summary>
    public string State => Path.Combine(Training, "state.safetensors");

    /// <summary>The adapters of a run that trains some.</summary>
    public string Adapter => Path.Combine(FullPath, "adapter");

    public string Plot => Path.Combine(Training, "loss.png");

    private string Command => Path.Combine(Training, "command.json");

    /// <summary>What <see cref="Training"/> is called until the command stands in it.</summary>
    private string Unfinished => Training + ".partial";

    /// <summary>Refuses a folder that is not for a new run, before anything is done.</summary>
    /// <exception cref="IOException">The folder holds something.</exception>
    public void CheckIsFree()
    {
        if (File.Exists(Command))
        {
            throw new IOException($"{FullPath} holds a run already; 'paligemma-train resume {FullPath}' goes on with it.");
        }
        if (File.Exists(FullPath) || (Directory.Exists(FullPath) && Directory.EnumerateFileSystemEntries(FullPath).Any(entry => entry != Unfinished)))
        {
            throw new IOException($"{FullPath} is not empty; expected a new or empty folder.");
        }
    }

    /// <summary>Prepares the folder of a new run.</summary>
    /// <param name="arguments">What the run was called with, for <see cref="ReadCommand"/>.</param>
    /// <exception cref="IOException">The folder holds something.</exception>
    public void Create(IReadOnlyList<string> arguments) => Create(Path.GetFileName(Command), path => WriteCommand(path, arguments));

    /// <summary>Prepares the folder of a new run with what tells it from others.</summary>
    /// <param name="name">The file in <see cref="Training"/> that does.</param>
    /// <param name="write">Writes it.</param>
    /// <exception cref="IOException">The folder holds something.</exception>
    public void Create(string name, Action<string> write)
    {
        CheckIsFree();
        // Inside of the folder, which may be a mounted one, or the one that the program runs in.
        Directory.CreateDirectory(Unfinished);
        write(Path.Combine(Unfinished, name));
        Directory.Move(Unfinished, Training);
    }

    /// <summary>What the run was called with, and in which folder.</summary>
    /// <exception cref="ModelFileException">There is no run.</exception>
    public (string Folder, string[] Arguments) ReadCommand()
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Command));
            return (
                document.RootElement.GetProperty("folder").GetString()!,
                [.. document.RootElement.GetProperty("arguments").EnumerateArray().Select(argument => argument.GetString()!)]);
        }
        catch (IOException error)
        {
            throw new ModelFileException($"{FullPath} holds no run: {error.Message}", error);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ModelFileException($"{Command} is damaged; expected an object with folder and arguments.", error);
        }
    }

    private static void WriteCommand(string path, IReadOnlyList<string> arguments)
    {
        using FileStream file = File.Create(path);
        using Utf8JsonWriter json = new(file, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteString("folder", Environment.CurrentDirectory);
        json.WriteStartArray("arguments");
        foreach (string argument in arguments)
        {
            json.WriteStringValue(argument);
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>
    /// Lets <paramref name="write"/> fill a folder, whose files then become the run's: the configuration last, so that a model that has one
    /// is complete.
    /// </summary>
    public void AddModel(Action<string> write)
    {
        const string Last = "config.json";
        string partial = Path.Combine(Training, "model.partial");
        if (Directory.Exists(partial))
        {
            Directory.Delete(partial, recursive: true);
        }
        Directory.CreateDirectory(partial);
        write(partial);
        foreach (string file in Directory.EnumerateFiles(partial).OrderBy(file => Path.GetFileName(file) == Last))
        {
            File.Move(file, Path.Combine(FullPath, Path.GetFileName(file)), overwrite: true);
        }
        Directory.Delete(partial);
    }
}
