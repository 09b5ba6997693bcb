//! Which role the groups of a provider give (R27): `release-admins=admin,release-team=operator,*=viewer`.
use super::permission::Role;

/// Groups with the role of each, as `ROLLCALL_OIDC_ROLES` has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcRoles(Vec<(String, Role)>);

impl OidcRoles {
    /// Reads `group=role` separated by commas; `*` is everybody. The error is the first wrong entry; it is empty if there is none
    /// at all.
    pub fn parse(text: &str) -> Result<Self, String> {
        let entries = text.split(',').map(str::trim).filter(|it| !it.is_empty());
        let roles: Vec<(String, Role)> = entries
            .map(|entry| {
                let (group, role) = entry.rsplit_once('=').ok_or(entry)?;
                let (group, role) = (group.trim(), role.trim().parse().map_err(|_| entry)?);
                if group.is_empty() {
                    return Err(entry);
                }
                Ok((group.to_owned(), role))
            })
            .collect::<Result<_, &str>>()?;
        if roles.is_empty() {
            return Err(String::new());
        }
        Ok(Self(roles))
    }

    /// The highest role that one of these groups gives; none if nobody matches.
    pub fn role_of(&self, groups: &[String]) -> Option<Role> {
        let of_groups = self
            .0
            .iter()
            .filter(|(group, _)| group == "*" || groups.contains(group));
        of_groups.map(|it| it.1).max()
    }

    /// Whether an admin can come by sign-in.
    pub fn can_make_admins(&self) -> bool {
        self.0.iter().any(|it| it.1 == Role::Admin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role_of(roles: &str, groups: &[&str]) -> Option<Role> {
        let groups: Vec<String> = groups.iter().map(|it| (*it).to_owned()).collect();
        OidcRoles::parse(roles).unwrap().role_of(&groups)
    }

    #[test]
    fn of_several_groups_the_highest_role_counts() {
        const ROLES: &str = "team=operator, admins = admin,*=viewer";
        assert_eq!(role_of(ROLES, &["team", "admins"]), Some(Role::Admin));
        assert_eq!(role_of(ROLES, &["team"]), Some(Role::Operator));
        assert_eq!(role_of(ROLES, &[]), Some(Role::Viewer));
    }

    #[test]
    fn without_a_star_who_is_in_no_group_has_no_role() {
        assert_eq!(role_of("team=operator", &["Team", "team2", "*"]), None);
        assert_eq!(role_of("cn=team,ou=x=operator", &["ou=x"]), None);
    }

    #[test]
    fn a_wrong_entry_is_named() {
        for (text, wrong) in [
            ("team", "team"),
            ("team=root", "team=root"),
            ("*=viewer,=admin", "=admin"),
            ("", ""),
            (" , ", ""),
        ] {
            assert_eq!(OidcRoles::parse(text), Err(wrong.to_owned()), "{text}");
        }
    }
}
