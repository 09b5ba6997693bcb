//! Which role the groups of a provider's account give (R27): what `ROLLCALL_OIDC_ROLES` says.
use super::permission::Role;

/// The group that everybody is in.
const EVERYBODY: &str = "*";

/// Groups and the role of each: `release-admins=admin,release-team=operator,*=viewer`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OidcRoles(Vec<(String, Role)>);

impl OidcRoles {
    /// Reads entries separated by commas. A group may have `=` in it, since the last one counts. The error is the wrong entry.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut roles = Vec::new();
        for entry in text.split(',').map(str::trim).filter(|it| !it.is_empty()) {
            roles.push(read_entry(entry).ok_or_else(|| entry.to_owned())?);
        }
        Ok(Self(roles))
    }

    /// The highest role that these groups give; none if no group matches.
    pub fn highest(&self, groups: &[String]) -> Option<Role> {
        let matching = self.0.iter().filter(|it| {
            let group = &it.0;
            group == EVERYBODY || groups.contains(group)
        });
        matching.map(|it| it.1).max()
    }

    /// Whether some group makes admins.
    pub fn names_admin(&self) -> bool {
        self.0.iter().any(|it| it.1 == Role::Admin)
    }

    /// Whether no group is mapped to a role, so that every sign-in is refused.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn read_entry(entry: &str) -> Option<(String, Role)> {
    let (group, role) = entry.rsplit_once('=')?;
    let group = group.trim();
    let role = role.trim().parse().ok()?;
    (!group.is_empty()).then(|| (group.to_owned(), role))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(roles: &str, groups: &[&str]) -> Option<Role> {
        let groups: Vec<String> = groups.iter().map(|it| (*it).to_owned()).collect();
        OidcRoles::parse(roles).unwrap().highest(&groups)
    }

    #[test]
    fn of_several_matching_groups_the_highest_role_counts() {
        let roles = "team=operator, release-admins=admin ,*=viewer";
        assert_eq!(role(roles, &["team", "release-admins"]), Some(Role::Admin));
        assert_eq!(role(roles, &["team"]), Some(Role::Operator));
        assert_eq!(role(roles, &["Team", "team,x"]), Some(Role::Viewer));
        assert_eq!(role(roles, &[]), Some(Role::Viewer));
    }

    #[test]
    fn without_a_matching_group_there_is_no_role() {
        assert_eq!(role("team=operator", &["other", "*"]), None);
        assert_eq!(role("", &["team"]), None);
    }

    #[test]
    fn a_group_may_be_a_path_or_have_an_equals_sign() {
        let roles = "/rollcall/admins=admin,CN=Ops=manager";
        assert_eq!(role(roles, &["/rollcall/admins"]), Some(Role::Admin));
        assert_eq!(role(roles, &["CN=Ops"]), Some(Role::Manager));
    }

    #[test]
    fn an_entry_that_gives_no_role_is_named() {
        for (text, wrong) in [
            ("team", "team"),
            ("a=viewer,team=root", "team=root"),
            ("=admin", "=admin"),
            ("team=", "team="),
        ] {
            assert_eq!(OidcRoles::parse(text), Err(wrong.to_owned()));
        }
    }

    #[test]
    fn it_is_known_whether_admins_can_come_by_their_groups() {
        let names_admin = |text: &str| OidcRoles::parse(text).unwrap().names_admin();
        assert!(names_admin("team=operator,boss=admin"));
        assert!(!names_admin("team=operator,admin=viewer") && !names_admin(""));
    }
}
