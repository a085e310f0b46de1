namespace PaliGemma.Data.Shapes;

/// <summary>How often each task is asked, in proportion.</summary>
/// <param name="Caption">See <see cref="SceneTask.Caption"/>.</param>
/// <param name="Answer">See <see cref="SceneTask.Answer"/>.</param>
/// <param name="Ocr">See <see cref="SceneTask.Ocr"/>.</param>
/// <param name="Detect">See <see cref="SceneTask.Detect"/>.</param>
/// <param name="Segment">See <see cref="SceneTask.Segment"/>.</param>
public sealed record SceneMixture(double Caption, double Answer, double Ocr, double Detect, double Segment)
{
    /// <summary>Questions that a scene has no answer to are asked this much less often: there is little to learn from "nothing".</summary>
    private const double EmptyShare = 0.2;

    /// <summary>Whether there is a task for every scene: captions always are one.</summary>
    public bool IsPossible =>
        Caption > 0 && Array.TrueForAll([Caption, Answer, Ocr, Detect, Segment], share => share >= 0 && double.IsFinite(share));

    /// <summary>Draws a task for a scene.</summary>
    internal SceneTask Draw(Scene scene, ref SceneRandom random)
    {
        double words = scene.Words.Count > 0 ? 1 : EmptyShare;
        double shapes = scene.Shapes.Count > 0 ? 1 : EmptyShare;
        return (SceneTask)random.Weighted([Caption, Answer * shapes, Ocr * words, Detect * shapes, Segment * shapes]);
    }
}
