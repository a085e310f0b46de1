using System.Globalization;
using System.Text;
using PaliGemma.Data.Annotations;
using PaliGemma.Imaging;
using PaliGemma.Tasks;

namespace PaliGemma.Data.Shapes;

/// <summary>
/// Scenes as a folder of data: the pictures, COCO's instances with what is in them ("red star"), and one question of each task about each
/// scene as lines of JSON, with the answer and, as <c>subset</c>, the task. Words then look the same on every machine.
/// </summary>
public static class SceneFolder
{
    /// <summary>The file of instances.</summary>
    public const string Instances = "instances.json";

    /// <summary>The file of questions.</summary>
    public const string Questions = "questions.jsonl";

    private const string Pictures = "pictures";

    /// <summary>Writes the first scenes of a seed.</summary>
    /// <param name="path">The folder, which has no scenes yet.</param>
    /// <param name="seed">Of the scenes and of what is asked about them.</param>
    /// <param name="count">How many scenes.</param>
    /// <param name="done">Is told which part has been written.</param>
    /// <param name="cancellation">Stops between scenes; nothing is left then.</param>
    /// <exception cref="ModelFileException">
    /// The folder has scenes already, or words are to be printed and this machine has no font for them.
    /// </exception>
    public static void Write(string path, ulong seed, int count, Action<double>? done = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        using StagedOutput output = StagedOutput.Folder(path, Questions, Instances, Pictures);
        output.Fill(folder => WriteScenes(folder, seed, count, done, cancellation));
    }

    private static void WriteScenes(string folder, ulong seed, int count, Action<double>? done, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.Combine(folder, Pictures));
        SceneGenerator generator = new(seed, new SceneOptions());
        // Shapes are in the instances, to the pixel; which codes come near them depends on the model's own encoder.
        SceneExaminer examiner = new(seed, encodeMask: _ => null);
        using (StreamWriter questions = new(Path.Combine(folder, Questions)) { NewLine = "\n" })
        using (CocoWriter instances = new(File.Create(Path.Combine(folder, Instances))))
        {
            instances.Begin([]);
            for (int index = 0; index < count; index++)
            {
                cancellation.ThrowIfCancellationRequested();
                Scene scene = generator.Draw(index);
                string picture = $"{Pictures}/{index.ToString("D6", CultureInfo.InvariantCulture)}.png";
                PngWriter.Save(scene.Image, Path.Combine(folder, picture));
                instances.Write(new AnnotatedImage(picture, scene.Image.Width, scene.Image.Height, [.. scene.Shapes.Select(Annotate)]));
                foreach (SceneTask task in Enum.GetValues<SceneTask>())
                {
                    questions.WriteLine(Line(picture, $"{seed}-{index}", examiner.Ask(scene, index, task)));
                }
                done?.Invoke((index + 1.0) / count);
            }
            instances.Complete();
        }
    }

    private static AnnotatedObject Annotate(SceneShape shape)
    {
        InstanceMask mask = shape.Mask;
        return new AnnotatedObject(
            EnglishShapes.Name(shape.Color, shape.Kind),
            new PixelBox(mask.Y, mask.X, mask.Y + mask.Height, mask.X + mask.Width))
        {
            Mask = new RunMask(mask.ToRunLengths()),
        };
    }

    private static string Line(string picture, string scene, SceneExample example)
    {
        string task = example.Task.ToString().ToLowerInvariant();
        return Encoding.UTF8.GetString(JsonText.Of(JsonText.Compact, json =>
        {
            json.WriteStartObject();
            json.WriteString("id", $"{scene}-{task}");
            json.WriteString("image", picture);
            json.WriteString("prefix", example.Prefix);
            json.WriteString("suffix", example.Suffix);
            json.WriteString("subset", task);
            json.WriteEndObject();
        }));
    }
}
